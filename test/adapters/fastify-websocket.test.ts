/** The drop-in for `@fastify/websocket`. What both do, and what differs, examples/ecosystem/fastify-websocket.test.mjs compares. */

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import wsPlugin from '../../adapters/fastify.ts'
import fastifyWebsocket, {
  fastifyWebsocket as named,
  type WebsocketPluginOptions,
} from '../../adapters/fastify-websocket.ts'
import { WebSocket } from '../../adapters/ws.ts'
import type { Connection } from '../../src/index.ts'
import type { RawClient } from '../hosts/raw-client.ts'
import { run as runOn } from '../hosts/suite.ts'
import { clientFrame } from '../protocol/wire.ts'
import { serve } from './fastify-app.ts'
import { refused, told } from './telling.ts'

const echo = (socket: Connection): void => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
}

async function appWith(options: WebsocketPluginOptions = {}): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(fastifyWebsocket, options)
  return app
}

t.test('a route with websocket: true, by get and by route', async (t) => {
  const app = await appWith()
  app.get('/ws', { websocket: true }, echo)
  app.route({ method: 'GET', url: '/route', websocket: true, handler: echo })
  app.route({ method: ['GET', 'HEAD'], url: '/list', websocket: true, handler: echo })
  const running = await serve(t, app)
  for (const path of ['/ws', '/route', '/list']) {
    const client = await running.open({ path }, clientFrame(1, 'hi'))
    t.equal(await client.readText(), 'hi', path)
    for (const method of ['GET', 'HEAD'] as const) {
      t.equal((await app.inject({ method, url: path })).statusCode, 404, `${method} ${path} is no page`)
    }
  }
})

t.test('wsHandler beside a handler for HTTP', async (t) => {
  const app = await appWith()
  const handler = (_request: FastifyRequest, reply: FastifyReply) => reply.header('x-http', 'yes').send('http')
  app.route({ method: 'GET', url: '/both', handler, wsHandler: (socket) => void socket.send('ws') })
  await app.register(
    async (inner) =>
      inner.route({ method: 'GET', url: '/', handler, wsHandler: (socket) => void socket.send('inner') }),
    { prefix: '/prefix' },
  )
  const running = await serve(t, app)
  t.equal(await told(running, '/both'), 'ws')
  t.equal((await app.inject('/both')).body, 'http')
  t.equal((await app.inject({ method: 'HEAD', url: '/both' })).headers['x-http'], 'yes')
  for (const path of ['/prefix', '/prefix/']) {
    t.equal(await told(running, path), 'inner', path)
    t.equal((await app.inject(path)).body, 'http', path)
  }
})

t.test('what a handler is given: its instance as this, the request with hooks behind it', async (t) => {
  const app = await appWith()
  app.decorateRequest('user', '')
  app.addHook('onRequest', async (request) => void Object.assign(request, { user: 'ann' }))
  let seen: unknown
  await app.register(
    async (inner) => {
      inner.get('/room/:id', { websocket: true }, function (socket, request) {
        const { user } = request as unknown as { user: string }
        seen = [this === inner, this.prefix, request.params, request.query, request.ws, user]
        socket.close(4_000)
      })
    },
    { prefix: '/chat' },
  )
  app.get('/http', (request, reply) => reply.send(request.ws))
  const running = await serve(t, app)
  const client = await running.open({ path: '/chat/room/7?x=1' })
  t.equal(await closed(client), 4_000)
  t.same(seen, [true, '/chat', { id: '7' }, { x: '1' }, true, 'ann'])
  t.equal((await app.inject('/http')).body, 'false')
})

t.test('101 carries what hooks and listeners have set; a hook that replies has refused', async (t) => {
  const app = await appWith()
  await app.register(cookie)
  app.addHook('preHandler', async (request, reply) => {
    if (request.headers.authorization === undefined) return reply.code(401).send('who are you?')
    reply.setCookie('id', '1')
  })
  app.websocketServer.on('headers', (lines, request) => lines.push(`X-Url: ${request.url}`))
  app.get('/ws', { websocket: true }, echo)
  const running = await serve(t, app)
  t.same(await refused(running, '/ws'), [401, 'who are you?'])
  const client = await running.send({ headers: { authorization: 'x' } })
  const { status, headers } = await client.readHead()
  t.equal(status, 101)
  t.match(headers, { 'set-cookie': 'id=1', 'x-url': '/ws' })
})

t.test('paths without a WebSocket are not upgraded', async (t) => {
  const app = await appWith()
  app.get('/http', async () => 'http')
  const running = await serve(t, app)
  t.equal((await refused(running, '/http'))[0], 404)
  t.equal((await refused(running, '/nowhere'))[0], 404)
})

t.test('verifyClient comes behind all hooks, and says how it refuses', async (t) => {
  const calls: string[] = []
  const app = await appWith({
    options: {
      verifyClient: ({ req, origin, secure }, callback) => {
        calls.push(`verify ${origin} ${secure}`)
        if (req.url === '/ws?ok') callback(true)
        else callback(false, 403, 'not you', { 'x-why': 'because' })
      },
    },
  })
  app.addHook('preHandler', async () => void calls.push('hook'))
  app.get('/ws', { websocket: true, preHandler: async () => void calls.push('own') }, echo)
  const running = await serve(t, app)
  const client = await running.send({ headers: { origin: 'http://a' } })
  t.match(await client.readAnswer(), { status: 403, body: 'not you', headers: { 'x-why': 'because' } })
  t.same(calls, ['hook', 'own', 'verify http://a false'])
  t.equal((await (await running.send({ path: '/ws?ok' })).readHead()).status, 101)
})

t.test('verifyClient without a callback: 401; one that throws is an error of the request', async (t) => {
  const app = await appWith({
    options: {
      verifyClient({ req }: { req: IncomingMessage }) {
        if (req.url === '/ws?throw') throw new Error('oops')
        return false
      },
    },
  })
  app.get('/ws', { websocket: true }, echo)
  const running = await serve(t, app)
  t.same(await refused(running, '/ws'), [401, 'Unauthorized'])
  t.equal((await refused(running, '/ws?throw'))[0], 500)
})

t.test('the first subprotocol that is offered, or what handleProtocols says by now', async (t) => {
  const app = await appWith()
  app.get('/ws', { websocket: true }, echo)
  const running = await serve(t, app)
  const picked = async (): Promise<string | undefined> => {
    const client = await running.send({ headers: { 'sec-websocket-protocol': 'a, b' } })
    return (await client.readHead()).headers['sec-websocket-protocol']
  }
  t.equal(await picked(), 'a')
  app.websocketServer.options.handleProtocols = (offered) => [...offered][1]
  t.equal(await picked(), 'b')
  app.websocketServer.options.handleProtocols = () => false
  t.equal(await picked(), undefined)
})

t.test('100 MiB messages, and from pages of any origin, unless said otherwise', async (t) => {
  const open = await appWith()
  open.get('/ws', { websocket: true }, (socket) => {
    socket.on('message', (data) => socket.send(String(data.length)))
  })
  const running = await serve(t, open)
  const client = await running.open(
    { headers: { origin: 'https://elsewhere.example' } },
    clientFrame(2, Buffer.alloc(3_000_000)),
  )
  t.equal(await client.readText(), '3000000')

  const closed = await appWith({ options: { maxPayload: 1_000 }, ws: { origins: [] } })
  closed.get('/ws', { websocket: true }, echo)
  closed.get('/more', { websocket: true, ws: { maxMessageBytes: 2_000 } }, echo)
  const strict = await serve(t, closed)
  const foreign = await strict.send({ headers: { origin: 'https://elsewhere.example' } })
  t.equal((await foreign.readAnswer()).status, 403)
  const long = clientFrame(2, Buffer.alloc(1_500))
  t.same(await (await strict.open({}, long)).readToEnd(), ['close 1009', 'fin'])
  t.equal((await (await strict.open({ path: '/more' }, long)).readFrame()).payload.length, 1_500)
})

t.test('compression', async (t) => {
  const app = await appWith({ options: { perMessageDeflate: { threshold: 10 } } })
  app.get('/ws', { websocket: true }, echo)
  const running = await serve(t, app)
  const client = await running.send({ headers: { 'sec-websocket-extensions': 'permessage-deflate' } })
  t.match((await client.readHead()).headers['sec-websocket-extensions'], 'permessage-deflate')
})

t.test('errorHandler is told of all that fails behind the 101, with what it needs', async (t) => {
  const told: unknown[] = []
  let inner: FastifyInstance | undefined
  const app = Fastify()
  app.register(fastifyWebsocket, {
    errorHandler(error, socket, request, reply) {
      told.push([error.message, request.url, reply.request === request, this === inner])
      socket.close(4_001)
    },
  })
  app.register(async (instance) => {
    inner = instance
    instance.get('/throws', { websocket: true }, () => {
      throw new Error('thrown')
    })
    instance.get('/rejects', { websocket: true }, () => Promise.reject(new Error('rejected')))
    instance.get('/listener', { websocket: true }, (socket) => {
      socket.on('message', () => {
        throw new Error('by a listener')
      })
    })
    instance.get('/protocol', { websocket: true }, echo)
  })
  const running = await serve(t, app)
  const cases: [path: string, bytes: Buffer, message: string, code: number][] = [
    ['/throws', Buffer.alloc(0), 'thrown', 4_001],
    ['/rejects', Buffer.alloc(0), 'rejected', 4_001],
    ['/listener', clientFrame(1, 'x'), 'by a listener', 4_001],
    ['/protocol', Buffer.from([0xa2, 0x00]), 'a reserved bit is set', 1_002],
  ]
  for (const [path, bytes, message, code] of cases) {
    const client = await running.open({ path }, bytes)
    t.equal(await closed(client), code, path)
    t.same(told.splice(0), [[message, path, true, true]], path)
  }
})

t.test('without errorHandler a failing handler closes with 1011', async (t) => {
  const app = await appWith()
  app.get('/ws', { websocket: true }, async () => {
    throw new Error('oops')
  })
  const running = await serve(t, app)
  t.equal(await closed(await running.open()), 1_011)
})

t.test('websocketServer: who is connected, and the event of it before the handler', async (t) => {
  const app = await appWith()
  const order: string[] = []
  let done = (): void => undefined
  const isOver = new Promise<void>((resolve) => {
    done = resolve
  })
  app.websocketServer.on('connection', (socket, request) => {
    order.push(`connection ${request.url}`)
    socket.on('close', () => {
      order.push(`close, ${app.websocketServer.clients.size} left`)
      done()
    })
  })
  app.get('/ws', { websocket: true }, (socket) => {
    order.push(`handler, ${app.websocketServer.clients.has(socket)}`)
  })
  const running = await serve(t, app)
  const client = await running.open()
  close(client)
  await isOver
  t.same(order, ['connection /ws', 'handler, true', 'close, 0 left'])
})

t.test('clientTracking: false', async (t) => {
  const app = await appWith({ options: { clientTracking: false } })
  app.get('/ws', { websocket: true }, echo)
  const running = await serve(t, app)
  const client = await running.open({}, clientFrame(1, 'hi'))
  t.equal(await client.readText(), 'hi')
  t.equal(app.websocketServer.clients, undefined)
})

t.test('app.close() tells the clients 1001', async (t) => {
  const app = await appWith()
  app.get('/ws', { websocket: true }, echo)
  const running = await serve(t, app)
  const client = await running.open()
  const isOver = app.close()
  t.equal(await closed(client), 1_001)
  await isOver
})

t.test('preClose comes first, and what it leaves open is told 1001', async (t) => {
  const app: FastifyInstance = await appWith({
    preClose: (done) => {
      for (const client of app.websocketServer.clients) if (client.protocol === 'mine') client.close(4_002)
      done()
    },
  })
  app.get('/ws', { websocket: true }, echo)
  const running = await serve(t, app)
  const codes: number[] = []
  for (const headers of [{ 'sec-websocket-protocol': 'mine' }, {}]) {
    const client = await running.open({ headers })
    void closed(client).then((code) => codes.push(code))
  }
  await app.close()
  t.same(new Set(codes), new Set([1_001, 4_002]))
})

t.test('websocketServer.close(): the callback after the last client, and 503 for new ones', async (t) => {
  const app = await appWith()
  app.get('/ws', { websocket: true }, echo)
  const running = await serve(t, app)
  const client = await running.open()
  let isClosed = false
  const isOver = new Promise<void>((resolve) =>
    app.websocketServer.close(() => {
      isClosed = true
      resolve()
    }),
  )
  t.equal((await refused(running, '/ws'))[0], 503)
  t.notOk(isClosed)
  close(client)
  await isOver
})

t.test('a further server, given as options.server', async (t) => {
  const server = createServer()
  const app = await appWith({ options: { server } })
  app.get('/ws', { websocket: true }, (socket) => void socket.send('hi'))
  await app.ready()
  const running = await run(t, app, server)
  t.equal(await told(running, '/ws'), 'hi')
})

t.test('injectWS', async (t) => {
  const app = await appWith()
  app.addHook('preValidation', async (request, reply) => {
    if (request.headers['api-key'] !== 'x') return reply.code(401).send()
  })
  app.get('/', { websocket: true }, echo)
  app.get('/early', { websocket: true }, (socket) => void socket.send(socket.protocol))
  await app.ready()
  await t.rejects(app.injectWS(), { message: 'Unexpected server response: 401' })
  const headers = { 'api-key': 'x', 'Sec-WebSocket-Protocol': 'a, b' }
  const order: string[] = []
  const socket = await app.injectWS(
    '/early',
    { headers },
    {
      onInit(ws) {
        order.push(`init ${ws.readyState}`)
        ws.on('message', (data) => order.push(`message ${data.toString()}`))
      },
      onOpen: (ws) => void order.push(`open ${ws.readyState}`),
    },
  )
  t.ok(socket instanceof WebSocket)
  socket.close()
  await socket.closed
  t.same(order, ['init 0', 'open 1', 'message a'])
  const other = await app.injectWS('/', { headers: { 'api-key': 'x' } })
  other.send('hi')
  const [answer] = (await once(other, 'message')) as [Buffer]
  t.equal(answer.toString(), 'hi')
  other.terminate()
  await t.rejects(app.injectWS('/', { ip: '::1' } as never), /there is no option ip here; the options are headers/)
  await app.close()
})

t.test('its sockets are those of sockroute/ws', async (t) => {
  const app = await appWith()
  app.get('/ws', { websocket: true }, (socket, request) => {
    t.ok(socket instanceof WebSocket)
    t.equal(socket._socket, request.raw.socket)
    socket.send(7)
  })
  const running = await serve(t, app)
  t.equal(await told(running, '/ws'), '7')
})

t.test(`sockroute's own routes stand beside it`, async (t) => {
  const app = await appWith()
  app.get('/theirs', { websocket: true }, (socket) => void socket.send('theirs'))
  app.ws('/ours/:name', (socket, { params }) => void socket.send(params.name))
  const running = await serve(t, app)
  t.equal(await told(running, '/theirs'), 'theirs')
  t.equal(await told(running, '/ours/x'), 'x')
  t.equal(app.ws.connections.size, 2)
})

t.test('in a plugin of an app that has sockroute around it', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin, { maxMessageBytes: 10 })
  app.ws('/outer', echo)
  await app.register(async (inner) => {
    await inner.register(fastifyWebsocket)
    inner.get('/inner', { websocket: true }, echo)
  })
  const running = await serve(t, app)
  const long = clientFrame(1, 'more than ten')
  t.equal(await closed(await running.open({ path: '/outer' }, long)), 1_009)
  t.equal(await (await running.open({ path: '/inner' }, long)).readText(), 'more than ten')
})

t.test('plugins that depend on @fastify/websocket by name find it', async (t) => {
  const app = Fastify()
  t.equal(named, fastifyWebsocket)
  await app.register(fastifyWebsocket)
  t.ok(app.hasPlugin('@fastify/websocket'))
  await app.close()
})

t.test('mistakes are told where they are made', async (t) => {
  const wrong: [options: unknown, message: RegExp][] = [
    [{ errorHandler: {} }, /the option errorHandler takes a function; got \{\}/],
    [{ preClose: 'x' }, /the option preClose takes a function/],
    [{ options: 1 }, /the option options takes an object/],
    [{ options: { noServer: true } }, /the option options takes no noServer: the app listens/],
    [{ options: { port: 80 } }, /the option options takes no port/],
    [{ options: { maxPayload: '1mb' } }, /maxPayload/],
    [{ maxPayload: 1 }, /no option maxPayload here/],
    [{ ws: { maxMessageBytes: -1 } }, /maxMessageBytes takes a whole number/],
  ]
  for (const [options, message] of wrong) {
    await t.rejects(appWith(options as WebsocketPluginOptions), { message }, JSON.stringify(options))
  }
  const app = await appWith()
  const post = (): unknown => app.post('/ws', { websocket: true }, echo)
  t.throws(post, /a WebSocket route is declared by get\(\) or route\(\{ method: 'GET' \}\); got POST/)
  const route = (more: object): unknown => app.route({ method: 'GET', url: '/x', handler: echo as never, ...more })
  t.throws(() => route({ method: ['GET', 'POST'], websocket: true }), /got POST/)
  t.throws(() => route({ wsHandler: 'x' }), /wsHandler takes a function such as \(socket, request\)/)
  t.throws(
    () => route({ websocket: true, ws: { maxPayload: 1 } }),
    /no option maxPayload here; did you mean maxMessageBytes/,
  )
  await app.close()
})

/** The code of the close frame that comes next, which is answered. */
async function closed(client: RawClient): Promise<number> {
  const { payload } = await client.readFrame()
  close(client, payload)
  return payload.readUInt16BE()
}

function close(client: RawClient, payload: Buffer = Buffer.from([0x03, 0xe8])): void {
  client.write(clientFrame(8, payload))
  client.end()
}

async function run(t: Test, app: FastifyInstance, server: ReturnType<typeof createServer>) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return runOn(t, { server, ws: app.ws, close: () => app.close() })
}
