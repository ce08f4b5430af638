/** What is Express's own: routers, parameters, middleware, error handlers. For Express 4 and 5 alike. */

import { createServer } from 'node:http'
import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import { attach, websockets } from '../../adapters/express.ts'
import { holdEnd } from '../hosts/host.ts'
import { clientFrame } from '../protocol/wire.ts'
import { onBoth, serve, tell } from './express-app.ts'
import { refused, say, told } from './telling.ts'

const pass: RequestHandler = (_request, _response, next) => next()

await onBoth('parameters come from mounts and nested routers', async (t, framework) => {
  const app = websockets(framework())
  const outer = framework.Router()
  const inner = websockets(framework.Router({ mergeParams: true }))
  const where = tell(({ params, baseUrl, originalUrl, query }) => ({ ...params, baseUrl, originalUrl, query }))
  inner.ws('/room/:room', where)
  outer.use('/user/:user', inner)
  app.use('/api', outer)
  app.ws('/at/:place', where)
  const running = await serve(t, app)
  t.same(JSON.parse(await told(running, '/api/user/ada/room/blue%20one?a=b')), {
    user: 'ada',
    room: 'blue one',
    baseUrl: '/api/user/ada',
    originalUrl: '/api/user/ada/room/blue%20one?a=b',
    query: { a: 'b' },
  })
  t.match(JSON.parse(await told(running, '/at/home')), { place: 'home', baseUrl: '' })
  t.equal((await refused(running, '/api/user/ada/room'))[0], 404)
})

await onBoth('paths are regular expressions and lists, too', async (t, framework) => {
  const app = websockets(framework())
  app.ws(
    /^\/number\/(\d+)$/,
    tell(({ params }) => params[0]),
  )
  app.ws(
    ['/one', '/two/:of'],
    tell(({ params }) => params.of ?? 'none'),
  )
  const running = await serve(t, app)
  t.equal(await told(running, '/number/42'), '"42"')
  t.equal(await told(running, '/one'), '"none"')
  t.equal(await told(running, '/two/x'), '"x"')
  t.equal((await refused(running, '/number/x'))[0], 404)
})

await onBoth('options of a router are laid over those around it, and end with it', async (t, framework) => {
  const app = websockets(framework(), { maxMessageBytes: 400 })
  const router = websockets(framework.Router(), { maxMessageBytes: 300 })
  const nested = websockets(framework.Router(), { protocols: ['nested'] })
  const sub = websockets(framework(), { maxMessageBytes: 250 })
  const open = say('open')
  sub.ws('/in', open)
  nested.ws('/plain', open)
  nested.ws('/own', { maxMessageBytes: 200 }, open)
  nested.get('/leave', (_request, _response, next) => next('router'))
  router.use('/nested', nested)
  router.ws('/in', open)
  app.use('/router', router)
  app.use('/sub', sub)
  app.ws('/router/beside', open)
  app.ws('/router/nested/leave', open)
  const running = await serve(t, app)
  const limits: [path: string, maxMessageBytes: number, protocol?: string][] = [
    ['/router/in', 300],
    ['/router/nested/plain', 300, 'nested'],
    ['/router/nested/own', 200, 'nested'],
    ['/sub/in', 250],
    ['/router/beside', 400],
    ['/router/nested/leave', 400],
  ]
  for (const [path, limit, protocol] of limits) {
    const client = await running.send({ path, headers: { 'sec-websocket-protocol': 'nested' } })
    t.equal((await client.readHead()).headers['sec-websocket-protocol'], protocol, path)
    client.write(Buffer.concat([clientFrame(2, Buffer.alloc(limit)), clientFrame(2, Buffer.alloc(limit + 1))]))
    t.same(await client.readToEnd(), ['text open', 'close 1009', 'fin'], `${path}: ${limit}`)
    client.end()
  }
})

await onBoth('middleware runs as it does for HTTP', async (t, framework) => {
  const order: string[] = []
  const step =
    (name: string): RequestHandler =>
    (_request, response, next) => {
      order.push(name)
      response.append('Set-Cookie', `${name}=1`)
      next()
    }
  const app = websockets(framework())
  app.use((request, response, next) => {
    response.on('finish', () => order.push(`${request.url} finished with ${response.statusCode}`))
    next()
  })
  app.param('id', (_request, _response, next, id: string) => {
    order.push(`param ${id}`)
    next()
  })
  app.use(step('app'))
  app.ws('/ws/:id', step('a'), [step('b'), step('c')], say('open'))
  const running = await serve(t, app)
  const client = await running.send({ path: '/ws/7' })
  t.equal((await client.readHead()).headers['set-cookie'], 'app=1\na=1\nb=1\nc=1')
  t.equal(await client.readText(), 'open')
  t.same(order, ['app', 'param 7', 'a', 'b', 'c', '/ws/7 finished with 101'])
})

/** The classic mistake: a reply without a `return` behind it. */
const goingOn =
  (reply: (response: Response) => unknown): RequestHandler =>
  (_request, response, next) => {
    reply(response)
    next()
  }

await onBoth('what replies has refused, also if it then goes on', async (t, framework) => {
  const app = websockets(framework())
  const opened: string[] = []
  const careless: Record<string, [status: number, middleware: RequestHandler | RequestHandler[]]> = {
    send: [401, goingOn((response) => response.status(401).send('log in'))],
    end: [403, goingOn((response) => response.writeHead(403, { 'Content-Length': 0 }).end())],
    redirect: [302, goingOn((response) => response.redirect('/login'))],
    json: [200, goingOn((response) => response.json({ no: 'socket' }))],
    held: [200, [goingOn(holdEnd), goingOn((response) => response.end('not today'))]],
  }
  for (const [name, [, middleware]] of Object.entries(careless)) app.ws(`/${name}`, middleware, () => opened.push(name))
  app.use('/before', (_, response, next) => {
    response.status(401).send('log in')
    next()
  })
  app.ws('/before', () => opened.push('before'))
  const running = await serve(t, app)
  for (const [name, [status]] of Object.entries(careless))
    t.equal((await refused(running, `/${name}`))[0], status, name)
  t.equal((await refused(running, '/before'))[0], 401)
  t.same([opened, app.ws.connections.size], [[], 0])
})

await onBoth('a route that passes leaves none of its options to the next', async (t, framework) => {
  const app = websockets(framework())
  app.ws(
    '/chat/:room',
    { origins: 'any' },
    ({ params }, _, next) => next(params.room === 'a' ? undefined : 'route'),
    say('a'),
  )
  app.ws('/chat/:room', say('b'))
  const running = await serve(t, app)
  t.equal(await told(running, '/chat/a', { headers: { origin: 'https://evil.example' } }), 'a')
  const client = await running.send({ path: '/chat/b', headers: { origin: 'https://evil.example' } })
  t.equal((await client.readAnswer()).status, 403)
})

await onBoth('the status that went out counts, whatever is written to it afterwards', async (t, framework) => {
  const app = websockets(framework())
  const late: RequestHandler = (_request, response, next) => {
    next()
    response.statusCode = 200
  }
  app.ws('/late', late, say('open'))
  t.equal(await told(await serve(t, app), '/late'), 'open')
})

await onBoth('middleware for errors may reject, too', async (t, framework) => {
  const app = websockets(framework())
  const fails: ErrorRequestHandler = async () => {
    throw new Error('second')
  }
  const first: RequestHandler = (_request, _response, next) => next(new Error('first'))
  app.ws('/fails', first, fails, say('never'))
  t.equal((await refused(await serve(t, app), '/fails'))[0], 500)
})

await onBoth('next() takes a route, a router or an error', async (t, framework) => {
  const app = websockets(framework())
  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(418).send((error as Error).message)
  }
  const onErrorHere: ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(409).send(`here: ${(error as Error).message}`)
  }
  const failing: Record<string, RequestHandler> = {
    '/next': (_request, _response, next) => next(new Error('handed on')),
    '/throw': () => {
      throw new Error('thrown')
    },
    '/reject': () => Promise.reject(new Error('rejected')) as never,
    '/later': (async () => {
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('rejected later')
    }) as unknown as RequestHandler,
  }
  for (const [path, middleware] of Object.entries(failing)) app.ws(path, pass, middleware, say('never'))
  app.ws('/own', failing['/next'], onErrorHere, say('never'))
  app.ws('/skip', (_request, _response, next) => next('route'), say('never'))
  app.ws('/skip', say('the second'))
  app.use(onError)
  const running = await serve(t, app)
  t.same(await refused(running, '/next'), [418, 'handed on'])
  t.same(await refused(running, '/throw'), [418, 'thrown'])
  t.same(await refused(running, '/reject'), [418, 'rejected'])
  t.same(await refused(running, '/later'), [418, 'rejected later'])
  t.same(await refused(running, '/own'), [409, 'here: handed on'])
  t.equal(await told(running, '/skip'), 'the second')
})

await onBoth('what is wrong is said where it was written', async (t, framework) => {
  const app = websockets(framework())
  const wrong: [what: () => unknown, message: RegExp][] = [
    [() => websockets({} as never), /Express app or router/],
    [() => websockets(undefined as never), /Express app or router/],
    [() => websockets(app), /already/],
    [() => websockets(framework(), { maxPayload: 1 } as never), /no option maxPayload/],
    [() => websockets(framework(), { closeTimeout: 1 } as never), /did you mean closeTimeoutMs/],
    [() => websockets(framework.Router(), { passUpgrades: [] } as never), /passUpgrades is the app's/],
    [() => websockets(framework(), { maxMessageBytes: '1mb' } as never), /maxMessageBytes takes .*got '1mb'/],
    [() => app.ws('/ws', undefined as never), /handler/],
    [() => app.ws('/ws', {} as never), /handler/],
    [() => app.ws('/ws', 'auth' as never, say('x')), /functions as middleware/],
    [() => app.ws('/ws', null as never, say('x')), /options are an object/],
    [() => app.ws('/ws', { closeTimeoutMs: 0 }, say('x')), /closeTimeoutMs/],
    [() => attach(createServer(), framework()), /websockets\(express\(\)\)/],
  ]
  for (const [what, message] of wrong) t.throws(what, { name: 'TypeError', message })
  t.doesNotThrow(() => app.ws('/ws', undefined as never, say('x')))
  t.equal(app.ws('/ws', say('x')), app, 'and ws() can be chained')
  t.equal('ws' in framework(), false, 'nothing global is patched')
})
