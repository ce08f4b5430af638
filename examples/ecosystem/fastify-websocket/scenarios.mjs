/** What programs do with `@fastify/websocket`. Each returns what is seen of it, line by line. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import cookie from '@fastify/cookie'
import { WebSocket } from 'ws'
import { ask, listen, UPGRADE, visit } from './stage.mjs'

const echo = (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))

/** What rejects, or throws, in a word. */
const failure = async (task) => {
  try {
    await task()
    return 'fine'
  } catch {
    return 'fails'
  }
}

export const SCENARIOS = {
  async 'text and binary'(stage) {
    const app = await stage.app()
    app.get('/ws', { websocket: true }, echo)
    return visit(await listen(app), '/ws', { say: ['hi', Buffer.from([1, 255])], messages: 2 })
  },

  async 'parameters, query, prefix and this'(stage) {
    const app = await stage.app()
    app.decorate('name', 'app')
    app.register(
      async (inner) => {
        inner.get('/:room', { websocket: true }, function (socket, { params, query, ws }) {
          socket.send(JSON.stringify([this === inner, this.name, this.prefix, params.room, query.x, ws]))
        })
      },
      { prefix: '/chat' },
    )
    return visit(await listen(app), '/chat/lobby?x=1', { messages: 1 })
  },

  async 'wsHandler beside a handler'(stage) {
    const app = await stage.app()
    const handler = async ({ ws }) => `http ${ws}`
    app.route({ method: 'GET', url: '/ws', handler, wsHandler: (socket) => socket.send('ws') })
    const port = await listen(app)
    const { body } = await app.inject('/ws')
    const { statusCode } = await app.inject({ method: 'HEAD', url: '/ws' })
    return [body, `HEAD ${statusCode}`, ...(await visit(port, '/ws', { messages: 1 }))]
  },

  async 'wsHandler at the root of a prefix'(stage) {
    const app = await stage.app()
    const handler = async () => 'http'
    const wsHandler = (socket) => socket.send('ws')
    app.register(async (inner) => inner.route({ method: 'GET', url: '/', handler, wsHandler }), { prefix: '/a' })
    const port = await listen(app)
    return [...(await visit(port, '/a', { messages: 1 })), ...(await visit(port, '/a/', { messages: 1 }))]
  },

  async 'a wildcard behind other routes'(stage) {
    const app = await stage.app()
    app.get('/*', { websocket: true }, (socket) => socket.send('any'))
    app.get('/ws', { websocket: true }, (socket) => socket.send('ws'))
    const port = await listen(app)
    return [...(await visit(port, '/ws', { messages: 1 })), ...(await visit(port, '/other/path', { messages: 1 }))]
  },

  async 'a path that nobody has'(stage) {
    const app = await stage.app()
    app.get('/ws', { websocket: true }, echo)
    const [seen] = await visit(await listen(app), '/nowhere')
    return [seen.slice(0, 3)]
  },

  async 'a path that is for HTTP alone'(stage) {
    const app = await stage.app()
    app.get('/http', async () => 'http')
    const seen = await visit(await listen(app), '/http')
    return seen.map((line) => line.replace(/^(\d+) .*/, '$1'))
  },

  async 'a path that is for HTTP alone, beside a wildcard'(stage) {
    const app = await stage.app()
    app.get('/*', { websocket: true }, (socket) => socket.send('any'))
    app.get('/http', async () => 'http')
    return visit(await listen(app), '/http', { messages: 1 })
  },

  async 'HTTP on a path that is for WebSockets'(stage) {
    const app = await stage.app()
    app.get('/ws', { websocket: true }, echo)
    const answers = [await app.inject('/ws'), await app.inject({ method: 'HEAD', url: '/ws' })]
    return answers.map(({ statusCode, body }) => `${statusCode} ${body}`.trim())
  },

  async 'a hook that refuses'(stage) {
    const app = await stage.app()
    app.addHook('preValidation', async (_request, reply) => reply.code(401).send('who are you?'))
    app.get('/ws', { websocket: true }, echo)
    return visit(await listen(app))
  },

  async 'a hook that throws, and the error handler'(stage) {
    const app = await stage.app()
    app.setErrorHandler((error, _request, reply) => reply.code(501).send(error.message))
    app.addHook('preHandler', async () => {
      throw new Error('oops')
    })
    app.get('/ws', { websocket: true }, echo)
    return visit(await listen(app))
  },

  async 'the hooks that run'(stage) {
    const app = await stage.app()
    const seen = []
    for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend', 'onResponse']) {
      app.addHook(hook, async () => void seen.push(hook))
    }
    app.get('/ws', { websocket: true }, (socket) => {
      seen.push('handler')
      socket.on('close', () => seen.push('closed'))
    })
    await visit(await listen(app), '/ws', { messages: 0 })
    await app.close()
    return seen
  },

  async 'a cookie that a hook sets'(stage) {
    const app = await stage.app()
    await app.register(cookie)
    app.addHook('onRequest', async (_request, reply) => void reply.setCookie('id', '7'))
    app.get('/ws', { websocket: true }, echo)
    const head = await ask(await listen(app), UPGRADE)
    return head.filter((line) => /^(HTTP|set-cookie)/i.test(line)).map((line) => line.toLowerCase())
  },

  async 'a handshake without a key'(stage) {
    const app = await stage.app()
    const seen = []
    app.get('/ws', { websocket: true, onRequest: async () => void seen.push('hook') }, echo)
    const [status] = await ask(await listen(app), UPGRADE.slice(0, -1))
    return [...seen, status.slice(0, 12)]
  },

  async 'an upgrade to something else'(stage) {
    const app = await stage.app()
    app.get('/http', async () => 'http')
    const lines = ['GET /http HTTP/1.1', 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: h2c']
    const [status] = await ask(await listen(app), lines)
    return [status.slice(0, 12)]
  },

  async 'a page from elsewhere'(stage) {
    const app = await stage.app()
    app.get('/ws', { websocket: true }, echo)
    return visit(await listen(app), '/ws', { headers: { origin: 'https://elsewhere.example' }, messages: 0 })
  },

  async 'a handler that throws, and one that rejects'(stage) {
    const app = await stage.app()
    app.get('/throws', { websocket: true }, () => {
      throw new Error('oops')
    })
    app.get('/rejects', { websocket: true }, async () => {
      throw new Error('oops')
    })
    const port = await listen(app)
    return [...(await visit(port, '/throws')), ...(await visit(port, '/rejects'))]
  },

  async 'errorHandler, and what it is given'(stage) {
    const seen = []
    let inner
    const app = await stage.app({
      errorHandler(error, socket, request, reply) {
        seen.push([error.message, this === inner, request.url, reply.request === request].join())
        socket.close(4001)
      },
    })
    await app.register(async (instance) => {
      inner = instance
      instance.get('/ws', { websocket: true }, () => Promise.reject(new Error('oops')))
    })
    const closed = await visit(await listen(app))
    return [...seen, ...closed]
  },

  async 'errorHandler, and a client that breaks the protocol'(stage) {
    const seen = []
    const app = await stage.app({ errorHandler: (error) => seen.push(error.code) })
    app.get('/ws', { websocket: true }, echo)
    const socket = new WebSocket(`ws://127.0.0.1:${await listen(app)}/ws`)
    socket.on('error', () => undefined)
    await once(socket, 'open')
    socket._socket.write(Buffer.from([0xa2, 0x00]))
    const [code] = await once(socket, 'close')
    return [...seen, `close ${code}`]
  },

  async 'a listener that comes after an await'(stage) {
    const app = await stage.app()
    let isSent
    const sent = new Promise((resolve) => {
      isSent = resolve
    })
    app.get('/ws', { websocket: true }, async (socket) => {
      await sent
      socket.on('message', (data) => socket.send(data.toString()))
    })
    const socket = new WebSocket(`ws://127.0.0.1:${await listen(app)}/ws`)
    const seen = []
    socket.on('message', (data) => seen.push(data.toString()))
    await once(socket, 'open')
    socket.send('early')
    socket.ping() // its answer shows that what was sent before has come
    await once(socket, 'pong')
    isSent()
    await turn()
    socket.send('late')
    while (!seen.includes('late')) await once(socket, 'message')
    socket.terminate()
    return seen
  },

  async subprotocols(stage) {
    const app = await stage.app()
    app.get('/ws', { websocket: true }, echo)
    const port = await listen(app)
    const first = await visit(port, '/ws', { protocols: ['a', 'b'], messages: 0 })
    app.websocketServer.options.handleProtocols = (offered) => [...offered].at(-1)
    return [...first, ...(await visit(port, '/ws', { protocols: ['a', 'b'], messages: 0 }))]
  },

  async verifyClient(stage) {
    const app = await stage.app({
      options: {
        verifyClient: ({ req, origin, secure }, done) => {
          if (req.url === '/ws?ok') done(true)
          else done(false, 403, `${origin} ${secure}`, { 'x-why': 'because' })
        },
      },
    })
    app.get('/ws', { websocket: true }, echo)
    const port = await listen(app)
    const refused = await visit(port, '/ws', { headers: { origin: 'http://a.example' } })
    return [...refused, ...(await visit(port, '/ws?ok', { messages: 0 }))]
  },

  async 'verifyClient without a callback'(stage) {
    const app = await stage.app({ options: { verifyClient: () => false } })
    app.get('/ws', { websocket: true }, echo)
    return visit(await listen(app))
  },

  async 'a message over maxPayload, and one below the default'(stage) {
    const small = await stage.app({ options: { maxPayload: 100 } })
    small.get('/ws', { websocket: true }, echo)
    const large = await stage.app()
    large.get('/ws', { websocket: true }, (socket) => socket.on('message', (data) => socket.send(`${data.length}`)))
    return [
      ...(await visit(await listen(small), '/ws', { say: [Buffer.alloc(101)] })),
      ...(await visit(await listen(large), '/ws', { say: [Buffer.alloc(5_000_000)], messages: 1 })),
    ]
  },

  async perMessageDeflate(stage) {
    const app = await stage.app({ options: { perMessageDeflate: { threshold: 1 } } })
    app.get('/ws', { websocket: true }, (socket) => socket.send(socket.extensions.split(';')[0]))
    return visit(await listen(app), '/ws', { messages: 1 })
  },

  async 'websocketServer: clients and events'(stage) {
    const app = await stage.app()
    const seen = []
    app.websocketServer.on('headers', (lines, { url }) => lines.push(`X-Seen: ${url}`))
    app.websocketServer.on('connection', (socket, { url }) => {
      seen.push(`connection ${url} ${app.websocketServer.clients.has(socket)}`)
      socket.on('close', () => seen.push(`${app.websocketServer.clients.size} left`))
    })
    app.get('/ws', { websocket: true }, () => seen.push('handler'))
    const port = await listen(app)
    const head = await ask(port, UPGRADE)
    await app.close()
    return [...head.filter((line) => /x-seen/i.test(line)).map((line) => line.toLowerCase()), ...seen]
  },

  async 'clientTracking: false'(stage) {
    const app = await stage.app({ options: { clientTracking: false } })
    app.get('/ws', { websocket: true }, (socket) => socket.close(4000))
    return [...(await visit(await listen(app))), `clients ${app.websocketServer.clients}`]
  },

  async "a server of one's own"(stage) {
    const server = createServer()
    const app = await stage.app({ options: { server } })
    app.get('/ws', { websocket: true }, (socket) => socket.send('hi'))
    await app.ready()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const seen = await visit(server.address().port, '/ws', { messages: 1 })
    server.close()
    return seen
  },

  async 'app.close()'(stage) {
    const app = await stage.app()
    app.get('/ws', { websocket: true }, (socket) => {
      socket.send('hi')
      setImmediate(() => app.close())
    })
    return visit(await listen(app))
  },

  async preClose(stage) {
    const app = await stage.app({
      preClose: (done) => {
        for (const client of app.websocketServer.clients) client.close(4002)
        app.websocketServer.close(done)
      },
    })
    app.get('/ws', { websocket: true }, (socket) => {
      socket.send('hi')
      setImmediate(() => app.close())
    })
    return visit(await listen(app))
  },

  async injectWS(stage) {
    const app = await stage.app()
    app.addHook('preValidation', async ({ headers }, reply) => {
      if (headers['api-key'] !== 'x') return reply.code(401).send()
    })
    app.get('/ws', { websocket: true }, echo)
    await app.ready()
    const refused = await app.injectWS('/ws').catch(({ message }) => message)
    const seen = []
    const hooks = { onInit: () => seen.push('init'), onOpen: () => seen.push('open') }
    const socket = await app.injectWS('/ws', { headers: { 'api-key': 'x' } }, hooks)
    socket.send('hi')
    const [data] = await once(socket, 'message')
    socket.terminate()
    return [refused, ...seen, data.toString()]
  },

  async 'a plugin that nobody waits for'(stage) {
    const app = stage.hastyApp()
    app.get('/ws', { websocket: true }, () => 'called for HTTP')
    const [seen] = await visit(await listen(app))
    return [seen.startsWith('404') ? '404' : seen]
  },

  async 'routes of other methods, and what is no function'(stage) {
    const app = await stage.app()
    return [
      await failure(() => app.post('/a', { websocket: true }, echo)),
      await failure(() => app.route({ method: ['GET', 'PUT'], url: '/b', websocket: true, handler: echo })),
      await failure(() => app.route({ method: 'GET', url: '/c', handler: echo, wsHandler: 'x' })),
      await failure(() => stage.app({ errorHandler: {} })),
      await failure(() => stage.app({ preClose: 'x' })),
      await failure(() => stage.app({ options: { noServer: true } })),
    ]
  },

  async 'an unknown option'(stage) {
    return [await failure(() => stage.app({ maxPayload: 1 }))]
  },

  async 'options.path, and another path'(stage) {
    const app = await stage.app({ options: { path: '/ws' } })
    app.get('/ws', { websocket: true }, echo)
    app.get('/other', { websocket: true }, echo)
    const port = await listen(app)
    const [other] = await visit(port, '/other')
    return [...(await visit(port, '/ws?x=1', { messages: 0 })), other.slice(0, 3)]
  },

  async 'a listener that throws, and no errorHandler'(stage) {
    const program = new URL('failing-listener.mjs', import.meta.url)
    const child = spawn(process.execPath, [fileURLToPath(program), stage.name], { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    const [code] = await once(child, 'close')
    return [...output.trim().split('\n').filter(Boolean), `exit ${code}`]
  },
}
