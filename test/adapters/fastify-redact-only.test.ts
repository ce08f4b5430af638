/** Whose lines are redacted: those of the drop-in as well, and nobody's whom it does not concern. */

import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import t from 'tap'
import wsPlugin from '../../adapters/fastify.ts'
import fastifyWebsocket from '../../adapters/fastify-websocket.ts'
import {
  DEFAULT,
  greet,
  logging,
  MINE,
  marked,
  named,
  own,
  QUERY,
  SHOWN,
  start,
  visit,
  withReq,
} from './fastify-lines.ts'

const DROP_IN: [what: string, declare: (app: FastifyInstance) => unknown][] = [
  ['a WebSocket route', (app) => app.get('/chat', { websocket: true }, greet)],
  ['both in one', (app) => app.route({ method: 'GET', url: '/chat', handler: async () => 'page', wsHandler: greet })],
]

for (const [what, declare] of DROP_IN) {
  for (const isInner of [false, true]) {
    t.test(`redacted: the drop-in for @fastify/websocket: ${what}${isInner ? ', within ours' : ''}`, async (t) => {
      for (const req of [undefined, own]) {
        const { app, lines } = logging(t)
        if (isInner) await app.register(wsPlugin)
        await app.register(
          async (inner) => {
            await inner.register(fastifyWebsocket)
            declare(inner)
          },
          { logSerializers: named({ mark: marked, ...(req && { req }) }) },
        )
        await app.ready()
        t.equal(await visit(app, `/chat${QUERY}`), 101)
        t.match(lines()[0], req === undefined ? DEFAULT : MINE)
        t.match(
          lines().find(({ mark }) => mark !== undefined),
          { mark: 'marked' },
        )
        t.notMatch(JSON.stringify(lines()), /s3cret/)
      }
    })
  }
}

t.test('plain HTTP is as it was, also on a path with a WebSocket route', async (t) => {
  const { app, lines } = await start(t, { change: (app) => app.get('/chat', async () => 'page') })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  for (const path of ['/chat', '/nowhere']) await (await fetch(origin + path + QUERY)).text()
  t.match(lines(), [
    { msg: /listening/ },
    { req: { url: `/chat${QUERY}` } },
    { msg: 'request completed' },
    { req: { url: `/nowhere${QUERY}` } },
    { msg: `Route GET:/nowhere${QUERY} not found` },
  ])
})

t.test('a handler for what is not found sees the whole URL, and says what it likes', async (t) => {
  const urls: unknown[] = []
  const { app, lines } = await start(t, {
    change: (app) =>
      app.setNotFoundHandler((request, reply) => {
        urls.push(request.url, request.raw.url, request.query)
        request.log.info(`no ${request.url}`)
        request.log.info({ url: request.url }, 'no %s', request.url)
        return reply.code(404).send('Not Found\n')
      }),
  })
  const url = `/nowhere${QUERY}`
  t.equal(await visit(app, url), 404)
  t.match(urls, [url, url, { token: 's3cret' }])
  t.match(lines(), [{ req: { url: `/nowhere${SHOWN}` } }, { msg: `no ${url}` }, { url, msg: `no ${url}` }])
})

t.test('in a plugin of the app, only the words about what is not found have it', async (t) => {
  const { app, lines } = logging(t)
  await app.register(async (inner) => {
    await inner.register(wsPlugin)
    inner.ws('/chat', greet)
  })
  await app.ready()
  t.equal(await visit(app, `/chat${QUERY}`), 101)
  t.match(lines()[0], DEFAULT)
  t.equal(await visit(app, `/nowhere${QUERY}`), 404)
  const secret = lines().filter((line) => JSON.stringify(line).includes('s3cret'))
  t.match(secret, [{ msg: `Route GET:/nowhere${QUERY} not found` }])
})

t.test('who wants the whole URL gives it another name', async (t) => {
  const { app, lines } = await start(t, { options: withReq(({ url }: FastifyRequest) => ({ path: url })) })
  await visit(app, `/chat${QUERY}`)
  t.same(lines()[0].req, { path: `/chat${QUERY}` })
})

/** A logger that is no pino: its methods work on itself alone. */
class Mine {
  readonly #said: unknown[] = []
  level = 'info'
  get said(): readonly unknown[] {
    return this.#said
  }
  info(...words: unknown[]): void {
    this.#said.push(...words)
  }
  child(): Mine {
    return this
  }
  debug(): void {}
  trace(): void {}
  warn(): void {}
  error(): void {}
  fatal(): void {}
  silent(): void {}
}

t.test('a request’s logger that is no pino is left alone, whatever the app’s is', async (t) => {
  const mine = new Mine()
  const { app } = await start(t, {
    options: (stream) => ({ logger: { stream }, childLoggerFactory: () => mine as FastifyBaseLogger }),
  })
  t.equal(await visit(app, `/chat${QUERY}`), 101)
  t.match(mine.said[0], { req: { url: `/chat${QUERY}` } })
})

t.test('a logger that is no pino is left alone', async (t) => {
  const mine = new Mine()
  const { app } = await start(t, { options: () => ({ loggerInstance: mine as FastifyBaseLogger }) })
  t.equal(await visit(app, `/chat${QUERY}`), 101)
  t.match(mine.said[0], { req: { url: `/chat${QUERY}` } })
  t.equal(await visit(app, `/nowhere${QUERY}`), 404)
  t.ok(mine.said.includes(`Route GET:/nowhere${QUERY} not found`))
})

t.test('without a logger, or with one that is silent, nothing is put in its place', async (t) => {
  for (const logger of [false, { level: 'silent' }]) {
    const seen: unknown[] = []
    const { app } = await start(t, {
      options: () => ({ logger }),
      change: (app) =>
        app.ws('/seen', (socket, { log }) => {
          seen.push(Object.hasOwn(log, 'info'), log.info.name)
          socket.send('hello')
        }),
    })
    t.equal(await visit(app, '/seen'), 101)
    t.same(seen, [false, 'noop'])
  }
})

t.test('a serializer that throws fails the request that it fails over HTTP', async (t) => {
  const fail = (): never => {
    throw new Error('no such field')
  }
  const { app } = await start(t, {
    options: withReq(fail),
    change: (app) => app.ws('/quiet', { logLevel: 'warn' }, greet),
  })
  t.equal(await visit(app, '/chat'), 500)
  t.equal(await visit(app, '/quiet'), 101)
})
