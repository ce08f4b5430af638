/** Middleware that goes on working when the 101 is out: what it throws then has one way to go. For Express 4 and 5. */

import { createServer } from 'node:http'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { attach, websockets } from '../../adapters/express.ts'
import type { AppOptions } from '../../src/index.ts'
import type { RawClient } from '../hosts/raw-client.ts'
import { clientFrame } from '../protocol/wire.ts'
import { onBoth, serve } from './express-app.ts'
import { refused, say } from './telling.ts'

const BYE = clientFrame(8, Buffer.of(3, 243))
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const fail = (): never => {
  throw new Error('too late')
}

/** Each passes the request on, so that the 101 goes out, and fails after that. */
const late: Record<string, RequestHandler> = {
  '/throws': (_request, _response, next) => {
    next()
    fail()
  },
  '/rejects': async (_request, _response, next) => {
    next()
    await turn()
    await turn()
    fail()
  },
  '/rejects-at-once': async (_request, _response, next) => {
    next()
    fail()
  },
  '/next': (_request, _response, next) => {
    next()
    setImmediate(() => setImmediate(() => next(new Error('too late'))))
  },
}

interface Logged {
  readonly options: AppOptions
  readonly messages: string[]
}

function logging(): Logged {
  const messages: string[] = []
  const error = (details: object): void => void messages.push((details as { err: Error }).err.message)
  return { options: { logger: { warn: error, error } }, messages }
}

async function closing(client: RawClient): Promise<string[]> {
  const first = await client.readFrame()
  const frames = first.opcode === 1 ? [first, await client.readFrame()] : [first]
  client.write(BYE)
  client.end()
  await client.rest()
  return frames.map(({ opcode, payload }) => (opcode === 8 ? String(payload.readUInt16BE()) : payload.toString()))
}

await onBoth('middleware of a route that fails behind the 101 closes with 1011', async (t, framework) => {
  const { options, messages } = logging()
  const app = websockets(framework(), options)
  for (const [path, middleware] of Object.entries(late)) app.ws(path, middleware, say('open'))
  const seen: unknown[] = []
  const onError: ErrorRequestHandler = (error, _request, _response, next) => {
    seen.push(error)
    next(error)
  }
  app.use(onError)
  const running = await serve(t, app)
  for (const path of Object.keys(late)) {
    t.same(await closing(await running.open({ path })), ['open', '1011'], path)
    t.same(messages.splice(0), ['too late'], `${path}: logged once`)
  }
  t.match(seen, [{ message: 'too late' }], 'only what was given to next() is seen by Express')
})

await onBoth('middleware of the app that fails behind the 101 closes with 1011', async (t, framework) => {
  const { options, messages } = logging()
  for (const isFirstOfTwo of [false, true]) {
    const app = websockets(framework(), options)
    for (const [path, middleware] of Object.entries(late)) {
      if (framework !== express && path.startsWith('/rejects')) continue // Express 4 leaves it unhandled on HTTP, too
      app.use(path, middleware)
      app.ws(path, say('open'))
    }
    const server = attach(createServer(app), app)
    if (isFirstOfTwo) attach(server, websockets(framework()))
    const running = await serve(t, app, server.listen(0, '127.0.0.1'))
    for (const path of Object.keys(late)) {
      if (framework !== express && path.startsWith('/rejects')) continue
      t.same(await closing(await running.open({ path })), ['open', '1011'], path)
      t.same(messages.splice(0), ['too late'], `${path}: logged once`)
    }
  }
})

await onBoth('an error handler that replies behind the 101 harms nobody', async (t, framework) => {
  const { options, messages } = logging()
  const told: unknown[] = []
  const app = websockets(framework(), {
    ...options,
    onError: (error, socket, request) => {
      told.push((error as Error).message, (request as { url: string }).url)
      socket.close(4001)
    },
  })
  app.use((_request, _response, next) => {
    next()
    setImmediate(() => setImmediate(() => next(new Error('too late'))))
  })
  app.ws('/ws', say('open'))
  const reply: ErrorRequestHandler = (_error, _request, response, _next) => {
    response.status(500).send('sorry')
  }
  app.use(reply)
  const running = await serve(t, app)
  t.same(await closing(await running.open()), ['open', '4001'])
  t.match(told, [/has become a WebSocket/, '/ws'])
  t.same(messages, [])
})

await onBoth('before the 101 Express replies as it always does', async (t, framework) => {
  const app = websockets(framework())
  app.disable('x-powered-by')
  const teapot = Object.assign(new Error('teapot'), { status: 418 })
  app.use('/fails', (_request, _response, next) => next(teapot))
  app.ws('/rejects', (() => Promise.reject()) as unknown as RequestHandler, say('never'))
  const running = await serve(t, app)
  const plain = async (path: string): Promise<[number, string]> => {
    const client = await running.send({ path, headers: { upgrade: undefined, connection: 'close' } })
    const { status, body } = await client.readAnswer()
    return [status, body]
  }
  for (const path of ['/fails', '/nowhere']) {
    const answer = await refused(running, path)
    t.same(answer, await plain(path), `${path}: ${answer[0]}`)
  }
  t.equal((await refused(running, '/rejects'))[0], 500, 'a rejection without a reason is one, too')
})

/** Each replies, and fails then: also where Express calls it, and nothing of ours stands in between. */
const repliesAndFails: Record<string, RequestHandler> = {
  throws: (_request, response) => {
    response.status(401).send('no')
    fail()
  },
  next: (_request, response, next) => {
    response.status(401).send('no')
    setImmediate(() => next(new Error('too late')))
  },
  written: (_request, response, next) => {
    response.status(401).write('no')
    setImmediate(() => next(new Error('too late')))
  },
}

await onBoth('middleware that replies and then fails ends as it does over HTTP', async (t, framework) => {
  const app = websockets(framework())
  for (const [name, middleware] of Object.entries(repliesAndFails)) {
    app.use(`/app/${name}`, middleware)
    app.ws(`/route/${name}`, middleware, say('never'))
  }
  const running = await serve(t, app)
  for (const name of Object.keys(repliesAndFails)) {
    for (const path of [`/app/${name}`, `/route/${name}`]) {
      const client = await running.send({ path })
      t.equal((await client.readHead()).status, 401, path)
      await client.ended
    }
  }
})

await onBoth(
  'a session that cannot be saved while the 404 waits for it ends that one request',
  async (t, framework) => {
    const app = websockets(framework())
    app.use((_request, response, next) => {
      const { end } = response
      response.end = ((...args: never[]) => {
        setImmediate(() => {
          setImmediate(() => next(new Error('the store is down')))
          Reflect.apply(end, response, args)
        })
        return response
      }) as typeof end
      next()
    })
    const running = await serve(t, app)
    const client = await running.send({ path: '/nowhere' })
    t.equal((await client.readHead()).status, 404)
    await client.ended
  },
)

await onBoth('a header that was taken off stays off', async (t, framework) => {
  const app = websockets(framework())
  app.use((_request, response, next) => {
    response.removeHeader('X-Powered-By')
    next()
  })
  app.use('/fails', (_request, _response, next) => next(new Error('fails')))
  const running = await serve(t, app)
  for (const path of ['/nowhere', '/fails']) {
    const { headers } = await (await running.send({ path })).readAnswer()
    t.equal(headers['x-powered-by'], undefined, path)
  }
})

await onBoth('an error handler that passes on what comes behind the 101 keeps its cause', async (t, framework) => {
  const { options, messages } = logging()
  const app = websockets(framework(), options)
  app.use('/ws', late['/next'])
  app.ws('/ws', say('open'))
  const onError: ErrorRequestHandler = (error, _request, response, next) => {
    if (response.headersSent) next(error)
    else response.status(500).send('sorry')
  }
  app.use(onError)
  t.same(await closing(await (await serve(t, app)).open()), ['open', '1011'])
  t.same(messages, ['too late'])
})
