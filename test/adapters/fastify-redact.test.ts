/** Fastify's own lines about upgrades: the values of the query are not in them, and the rest is. */

import type { IncomingMessage } from 'node:http'
import { type FastifyBaseLogger, type FastifyRequest, LogController } from 'fastify'
import pino from 'pino'
import t from 'tap'
import {
  DEFAULT,
  greet,
  MINE,
  marked,
  named,
  own,
  QUERY,
  type SetUp,
  SHOWN,
  start,
  visit,
  withReq,
} from './fastify-lines.ts'

interface Case extends SetUp {
  readonly path?: string
  /** What the handshake is answered with. @defaultValue 101 */
  readonly status?: number
  /** The first of the lines. */
  readonly lines: readonly object[]
}

class Inherited {
  readonly method: string
  readonly #request: FastifyRequest
  constructor(request: FastifyRequest) {
    this.method = request.method
    this.#request = request
  }
  get url(): string {
    return this.#request.url
  }
}

class Shown {
  readonly #url: string
  constructor({ url }: FastifyRequest) {
    this.#url = url
  }
  get url(): string {
    return this.#url
  }
  toJSON(): object {
    return { url: this.#url, shape: 'json' }
  }
}

const CASES: Record<string, Case> = {
  'Fastify’s serializer': { lines: [{ ...DEFAULT, msg: 'incoming request' }] },
  'a logger of the app’s own': {
    options: (stream) => ({ loggerInstance: pino({ name: 'mine' }, stream) as FastifyBaseLogger }),
    lines: [{ ...DEFAULT, name: 'mine', msg: 'incoming request' }],
  },
  'the logger’s serializer': { options: withReq(own), lines: [MINE] },
  'the serializer of a logger of the app’s own': {
    options: (stream) => ({ loggerInstance: pino({ serializers: { req: own } }, stream) as FastifyBaseLogger }),
    lines: [MINE],
  },
  'pino’s serializer': {
    options: withReq(({ raw }: FastifyRequest) => pino.stdSerializers.req(raw)),
    lines: [{ req: { method: 'GET', url: `/chat${SHOWN}`, remoteAddress: '127.0.0.1' } }],
  },
  'the serializer of a plugin': {
    change: (app) =>
      app.register(async (inner) => inner.ws('/inner', (socket) => socket.send('hello')), {
        logSerializers: named({ req: own }),
      }),
    path: '/inner',
    lines: [{ req: { url: `/inner${SHOWN}`, mine: true } }],
  },
  'the serializer of a plugin around another': {
    change: (app) =>
      app.register(
        async (outer) => {
          await outer.register(async (inner) => inner.ws('/inner', greet), { logSerializers: { mark: marked } })
        },
        { logSerializers: named({ req: own }) },
      ),
    path: '/inner',
    lines: [{ req: { url: `/inner${SHOWN}`, mine: true } }, { mark: 'marked' }],
  },
  'the serializer of a route, and its others': {
    change: (app) =>
      app.register(async (inner) => inner.ws('/inner', { logSerializers: named({ req: own, mark: marked }) }, greet), {
        logSerializers: named({ req: () => 'another', more: marked }),
      }),
    path: '/inner',
    lines: [{ req: { url: `/inner${SHOWN}`, mine: true } }, { mark: 'marked', more: 'marked' }],
  },
  'a serializer with a `this`': {
    options: (stream) => ({
      logger: {
        stream,
        serializers: named({
          req(this: { own: typeof own }, request: FastifyRequest) {
            return this.own(request)
          },
          own,
        }),
      },
    }),
    lines: [MINE],
  },
  'a serializer that returns a string': {
    options: withReq(({ method, url, ip }: FastifyRequest) => `${method} ${url} from ${ip}`),
    lines: [{ req: `GET /chat${SHOWN} from 127.0.0.1` }],
  },
  'a serializer that returns a URL': {
    options: withReq(({ url }: FastifyRequest) => ({ url: new URL(url, 'ws://localhost') })),
    lines: [{ req: { url: `ws://localhost/chat${SHOWN}` } }],
  },
  'a serializer that returns what is frozen': {
    options: withReq((request: FastifyRequest) => Object.freeze(own(request))),
    lines: [MINE],
  },
  'a serializer that returns a getter': {
    options: withReq(({ url }: FastifyRequest) => ({
      get url() {
        return url
      },
    })),
    lines: [{ req: { url: `/chat${SHOWN}` } }],
  },
  'a serializer that returns what has a `toJSON`': {
    options: withReq((request: FastifyRequest) => new Shown(request)),
    lines: [{ req: { url: `/chat${SHOWN}`, shape: 'json' } }],
  },
  'a serializer that returns what fails to become JSON': {
    options: withReq(() => ({
      url: 's3cret',
      toJSON: (): never => {
        throw new Error('no JSON')
      },
    })),
    lines: [{ req: /unable to serialize/, msg: 'incoming request' }],
  },
  'a serializer that returns what becomes itself': {
    options: withReq(({ url }: FastifyRequest) => ({
      url,
      toJSON() {
        return this
      },
    })),
    lines: [{ req: { url: `/chat${SHOWN}` } }],
  },
  'a serializer that returns a URL that is not its own': {
    options: withReq((request: FastifyRequest) => new Inherited(request)),
    lines: [{ req: { method: 'GET', url: undefined } }],
  },
  'a serializer that returns no URL': {
    options: withReq(({ id }: FastifyRequest) => ({ id, list: [1], url: null })),
    lines: [{ req: { id: 'req-1', list: [1], url: null } }],
  },
  'a serializer that returns nothing': { options: withReq(() => undefined), lines: [{ msg: 'incoming request' }] },
  'the app’s maker of loggers': {
    options: (stream) => ({
      logger: { stream },
      childLoggerFactory: (logger, bindings, opts) => logger.child({ ...bindings, made: true }, opts),
    }),
    lines: [{ ...DEFAULT, made: true }],
  },
  'a maker of loggers that leaves out what it is given': {
    options: (stream) => ({ logger: { stream }, childLoggerFactory: (logger, bindings) => logger.child(bindings) }),
    lines: [DEFAULT],
  },
  'a maker of loggers that is set later': {
    change: (app) => {
      app.setChildLoggerFactory((logger, bindings, opts) => logger.child({ ...bindings, made: true }, opts))
      app.ws('/later', greet)
    },
    path: '/later',
    lines: [{ req: { url: `/later${SHOWN}` }, made: true }],
  },
  'a handler’s own line': {
    options: (stream) => ({ logger: { stream }, logController: new LogController({ disableRequestLogging: true }) }),
    change: (app) =>
      app.ws('/own', (socket, request) => {
        setImmediate(() => {
          request.log.info({ req: request }, 'once it is open')
          request.log.child({ more: 1 }).info({ req: request.raw }, 'as Node has it')
          socket.send('done')
        })
      }),
    path: '/own',
    lines: [
      { req: { url: `/own${SHOWN}` }, reqId: 'req-1', msg: 'once it is open' },
      { req: { url: `/own${SHOWN}` }, reqId: 'req-1', more: 1, msg: 'as Node has it' },
    ],
  },
  'an error in a hook': {
    change: (app) => app.ws('/fails', { onRequest: () => Promise.reject(new Error('no database')) }, () => undefined),
    path: '/fails',
    status: 500,
    lines: [
      { msg: 'incoming request' },
      { req: { url: `/fails${SHOWN}` }, res: { statusCode: 500 }, err: { message: 'no database' }, msg: 'no database' },
    ],
  },
  'a URL that was rewritten': {
    options: (stream) => ({
      logger: {
        stream,
        serializers: named({ req: ({ originalUrl, url }: FastifyRequest) => `${originalUrl} is ${url}` }),
      },
      rewriteUrl: ({ url = '' }: IncomingMessage) => url.replace('/old', '/chat'),
    }),
    path: '/old',
    lines: [{ req: `/old${SHOWN} is /chat${SHOWN}` }],
  },
  'a path that no route has': {
    path: '/nowhere',
    status: 404,
    lines: [
      { req: { url: `/nowhere${SHOWN}` }, msg: 'incoming request' },
      { reqId: 'req-1', msg: `Route GET:/nowhere${SHOWN} not found` },
    ],
  },
  'a path that no route of a prefix has': {
    change: (app) => app.register(async (inner) => inner.ws('/chat', greet), { prefix: '/v1' }),
    path: '/v1/nowhere',
    status: 404,
    lines: [{ req: { url: `/v1/nowhere${SHOWN}` } }, { msg: `Route GET:/v1/nowhere${SHOWN} not found` }],
  },
  'a hook that says not found': {
    change: (app) => app.ws('/gone', { onRequest: async (_request, reply) => reply.callNotFound() }, () => undefined),
    path: '/gone',
    status: 404,
    lines: [{ req: { url: `/gone${SHOWN}` } }, { msg: `Route GET:/gone${SHOWN} not found` }],
  },
  'a path that is no path': {
    options: (stream) => ({
      logger: { stream },
      frameworkErrors: (_error, _request, { raw }) => raw.writeHead(400).end(),
    }),
    path: '/%E0%A4%A',
    status: 400,
    lines: [{ req: { url: `/%E0%A4%A${SHOWN}` } }],
  },
}

for (const [name, { options, change, path = '/chat', status = 101, lines: expected }] of Object.entries(CASES)) {
  t.test(`redacted: ${name}`, async (t) => {
    const { app, lines } = await start(t, { options, change })
    t.equal(await visit(app, path + QUERY), status)
    const shown = lines()
    t.match(shown.slice(0, expected.length), expected)
    t.notMatch(JSON.stringify(shown), /s3cret/)
  })
}
