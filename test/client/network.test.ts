/** A client on the network: TLS, Unix sockets, redirects, refusals, and what is aborted at any stage. */
import { once } from 'node:events'
import { Agent, createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { type ClientOptions, connect, HandshakeError, WebSocket } from '../../src/client/index.ts'
import { type Connection, createWebSockets } from '../../src/index.ts'
import { TLS } from '../adapters/tls.ts'
import { until } from '../support/until.ts'

interface Running {
  readonly server: Server
  readonly port: number
  /** The heads of all requests. */
  readonly seen: { url: string | undefined; headers: Record<string, unknown> }[]
  readonly sockets: Connection[]
}

interface Setup {
  readonly server?: Server
  /** What is answered in place of a WebSocket, by path. */
  readonly answers?: Record<string, RequestListener>
  readonly handler?: (socket: Connection) => unknown
  readonly listen?: string
}

const echo = (socket: Connection): void => void socket.on('message', (data) => void socket.send(data.toString()))

/** A server that ends with the test. */
async function start(
  t: Test,
  { server = createServer(), answers = {}, handler = echo, listen }: Setup = {},
): Promise<Running> {
  const seen: Running['seen'] = []
  const sockets: Connection[] = []
  const app = createWebSockets()
  server.on('upgrade', (request, socket, head) => {
    seen.push({ url: request.url, headers: request.headers })
    const answer = answers[request.url ?? '']
    const refuse = { onRequest: answer }
    app.upgrade(request, socket, head, answer === undefined ? {} : refuse, (it: Connection) => {
      sockets.push(it)
      return handler(it)
    })
  })
  if (listen === undefined) server.listen(0, '127.0.0.1')
  else server.listen(listen)
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.terminate()
    server.close()
    await app.close()
  })
  const address = server.address()
  return { server, seen, sockets, port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
}

async function says(url: string, options?: ClientOptions): Promise<string> {
  const socket = await connect(url, options)
  socket.send('hello')
  const [data] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  await socket.closed
  return data.toString()
}

t.test('over TLS, to a certificate that is trusted, by name or by address', async (t) => {
  const { port } = await start(t, { server: createTlsServer(TLS) })
  t.equal(await says(`wss://localhost:${port}/`, { ca: TLS.cert }), 'hello')
  t.equal(await says(`https://127.0.0.1:${port}/`, { rejectUnauthorized: false }), 'hello')
  await t.rejects(connect(`wss://localhost:${port}/`), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  const other: ClientOptions = { ca: TLS.cert, servername: 'other.example' }
  await t.rejects(connect(`wss://localhost:${port}/`, other), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

t.test('over a Unix socket', { skip: process.platform === 'win32' }, async (t) => {
  const path = join(tmpdir(), `sockroute-client-${process.pid}.sock`)
  const { seen } = await start(t, { listen: path })
  t.equal(await says(`ws+unix:${path}:/chat?room=1`), 'hello')
  t.equal(await says('ws://localhost/other', { socketPath: path }), 'hello')
  t.same(
    seen.map(({ url }) => url),
    ['/chat?room=1', '/other'],
  )
})

t.test('what a user says of the request is in it', async (t) => {
  const { port, seen } = await start(t)
  const origin = `http://127.0.0.1:${port}`
  await says(`ws://user:pa%20ss@127.0.0.1:${port}/path?query`, {
    headers: { 'X-One': '1', Cookie: ['a=1', 'b=2'] },
    origin,
  })
  t.match(seen, [
    {
      url: '/path?query',
      headers: {
        host: `127.0.0.1:${port}`,
        origin,
        authorization: `Basic ${Buffer.from('user:pa ss').toString('base64')}`,
        cookie: 'a=1; b=2',
        'x-one': '1',
        upgrade: 'websocket',
        connection: 'Upgrade',
        'sec-websocket-version': '13',
      },
    },
  ])
  t.equal(seen[0].headers['sec-websocket-protocol'], undefined)
  t.equal(seen[0].headers['sec-websocket-extensions'], undefined)
})

t.test("an agent, a lookup and a function that connects are Node's own", async (t) => {
  const { port } = await start(t)
  const agent = new Agent({ keepAlive: true })
  t.equal(await says(`ws://127.0.0.1:${port}/`, { agent }), 'hello')
  agent.destroy()
  const lookup: ClientOptions['lookup'] = (_, { all }, done) => {
    if (all) done(null, [{ address: '127.0.0.1', family: 4 }])
    else done(null, '127.0.0.1', 4)
  }
  t.equal(await says(`ws://nowhere.invalid:${port}/`, { lookup }), 'hello')
})

const redirect =
  (location: string | undefined, status = 302): RequestListener =>
  (_, response) => {
    response.writeHead(status, location === undefined ? {} : { location }).end('elsewhere')
  }

t.test('redirects are followed where that is wanted', async (t) => {
  const answers = { '/301': redirect('/302', 301), '/302': redirect('ok?x', 302), '/loop': redirect('/loop', 307) }
  const { port, seen } = await start(t, { answers })
  const url = `ws://127.0.0.1:${port}`
  const refused = await connect(`${url}/301`).catch((error: unknown) => error)
  t.match(refused, { status: 301, headers: { location: '/302' }, body: 'elsewhere' })
  const socket = new WebSocket(`${url}/301`, undefined, { followRedirects: true, headers: { Authorization: 'secret' } })
  const followed: string[] = []
  socket.on('redirect', (to) => followed.push(to))
  await once(socket, 'open')
  t.same(followed, [`${url}/302`, `${url}/ok?x`])
  t.equal(socket.url, `${url}/ok?x`)
  t.equal(seen.at(-1)?.headers.authorization, 'secret', 'the same host may know')
  socket.close()
  await socket.closed
  seen.length = 0
  await t.rejects(connect(`${url}/loop`, { followRedirects: true, maxRedirects: 3 }), {
    name: 'HandshakeError',
    message: 'a redirect was not followed: there are more than maxRedirects',
  })
  t.equal(seen.length, 4)
})

t.test('to another host no secret goes with it', async (t) => {
  const other = await start(t)
  const { port } = await start(t, { answers: { '/': redirect(`ws://localhost:${other.port}/`, 308) } })
  const headers = { Authorization: 'Bearer x', Cookie: 'a=1', 'X-Api-Key': 'k', 'User-Agent': 'probe/1' }
  t.equal(await says(`ws://127.0.0.1:${port}/`, { headers, followRedirects: true }), 'hello')
  t.equal(await says(`ws://user:secret@127.0.0.1:${port}/`, { followRedirects: true }), 'hello')
  for (const { headers: sent } of other.seen) {
    t.same([sent.authorization, sent.cookie, sent['x-api-key']], [undefined, undefined, undefined])
  }
  t.equal(other.seen[0].headers['user-agent'], 'probe/1')
  t.equal(other.seen[0].headers.host, `localhost:${other.port}`)
})

t.test('nor a certificate', async (t) => {
  const other = await start(t, { server: createTlsServer({ ...TLS, requestCert: true, rejectUnauthorized: false }) })
  const subjects: unknown[] = []
  other.server.on('secureConnection', (socket: TLSSocket) => subjects.push(socket.getPeerCertificate().subject?.CN))
  const answers = { '/': redirect(`wss://localhost:${other.port}/`), '/same': redirect('/x') }
  const { port } = await start(t, { answers })
  const options = { followRedirects: true, rejectUnauthorized: false, key: TLS.key, cert: TLS.cert }
  t.equal(await says(`ws://127.0.0.1:${port}/`, options), 'hello')
  t.equal(await says(`wss://localhost:${other.port}/`, options), 'hello')
  t.equal(subjects[0], undefined)
  t.not(subjects[1], undefined, 'which goes where it was meant to')
})

t.test(
  'a redirect to a Unix socket is not followed: a server may not choose what of this machine is talked to',
  async (t) => {
    for (const location of ['ws+unix:/run/docker.sock:/', 'ws+unix:///run/docker.sock:/']) {
      const { port } = await start(t, { answers: { '/': redirect(location) } })
      const message = /not followed: it leads to a Unix socket/
      await t.rejects(connect(`ws://127.0.0.1:${port}/`, { followRedirects: true }), {
        name: 'HandshakeError',
        message,
      })
    }
  },
)

const WRONG_WAYS: [rule: string, location: string | undefined, message: RegExp][] = [
  ['from wss: to ws:', 'ws://127.0.0.1:9/', /not followed: it leads from wss: to ws:\/\/127\.0\.0\.1:9\//],
  ['from wss: to http:', 'http://127.0.0.1:9/', /not followed: it leads from wss: to ws:/],
  ['to another protocol', 'ftp://127.0.0.1/', /not followed: a WebSocket's URL begins with ws:/],
  ['to a fragment', '/#x', /not followed: the URL of a WebSocket has no fragment/],
  ['without a location', undefined, /the server answered 302 Found in place of 101/],
]

for (const [rule, location, message] of WRONG_WAYS) {
  t.test(`a redirect ${rule} is not followed`, async (t) => {
    const { port } = await start(t, { server: createTlsServer(TLS), answers: { '/': redirect(location) } })
    const options = { followRedirects: true, rejectUnauthorized: false }
    await t.rejects(connect(`wss://127.0.0.1:${port}/`, options), { name: 'HandshakeError', message })
  })
}

t.test("'upgrade' shows the 101, and 'unexpected-response' what came in its place", async (t) => {
  const refuse: RequestListener = (_, response) =>
    void response.writeHead(401, { 'x-why': 'token' }).end('no'.repeat(5_000))
  const { port } = await start(t, { answers: { '/refused': refuse } })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
  const order: string[] = []
  socket.on('upgrade', ({ statusCode }) => order.push(`upgrade ${statusCode}`))
  socket.on('open', () => order.push('open'))
  await once(socket, 'open')
  t.same(order, ['upgrade 101', 'open'])
  socket.terminate()
  const refused = new WebSocket(`ws://127.0.0.1:${port}/refused`)
  const errors: Error[] = []
  refused.on('error', (error) => errors.push(error))
  let body = ''
  refused.on('unexpected-response', (_, response) => {
    response.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
  })
  t.match(await refused.closed, { code: 1006 })
  t.same([body.length, errors.length], [10_000, 1])
  t.match(errors[0], { message: 'the server answered 401 Unauthorized in place of 101' })
})

t.test('whoever closes in a listener has no connection', async (t) => {
  const { port, sockets } = await start(t)
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
  socket.on('upgrade', () => socket.close())
  socket.on('open', () => t.fail('it is open'))
  t.match(await socket.closed, { code: 1006 })
  await until('the server sees it', () => sockets.every(({ readyState }) => readyState === 3))
})

t.test('nobody listens there', async (t) => {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  await t.rejects(connect(`ws://127.0.0.1:${port}/`), { code: 'ECONNREFUSED' })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
  t.match(await socket.closed, { code: 1006, wasClean: false }, 'without a listener for error nothing is thrown')
})

const ABORTS: [stage: string, abort: (controller: AbortController, url: string) => Promise<unknown>][] = [
  [
    'before',
    async (controller, url) => {
      controller.abort(new Error('enough'))
      return connect(url, { signal: controller.signal })
    },
  ],
  [
    'at once',
    (controller, url) => {
      const attempt = connect(url, { signal: controller.signal })
      controller.abort(new Error('enough'))
      return attempt
    },
  ],
  [
    'while the server thinks',
    async (controller, url) => {
      const attempt = connect(`${url}slow`, { signal: controller.signal })
      attempt.catch(() => undefined)
      await once(server, 'request')
      controller.abort(new Error('enough'))
      return attempt
    },
  ],
]

/** It answers nothing. */
const server = createServer()
server.on('upgrade', (_, socket) => {
  server.emit('request')
  socket.on('error', () => undefined)
  socket.on('end', () => socket.destroy())
  socket.resume()
})

t.test('aborted', async (t) => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket).size)
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
  for (const [stage, abort] of ABORTS) {
    await t.rejects(abort(new AbortController(), url), { message: 'enough' }, stage)
  }
  await t.rejects(connect(url, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' })
  await until('no connection is left', () => [...sockets].every(({ destroyed }) => destroyed))
  server.close()
  await once(server, 'close')
})

t.test('aborted when it is open: it closes, with 1001', async (t) => {
  const { port, sockets } = await start(t)
  const controller = new AbortController()
  const socket = await connect(`ws://127.0.0.1:${port}/`, { signal: controller.signal })
  controller.abort()
  t.match(await socket.closed, { code: 1001, wasClean: true })
  t.match(await sockets[0].closed, { code: 1001 })
})

t.test('messages that came before anybody listened are there, even when the server has gone', async (t) => {
  const { port } = await start(t, {
    handler: (socket) => {
      socket.send('a')
      socket.send('b')
      socket.close(4000)
    },
  })
  for (const take of ['a loop', 'a listener'] as const) {
    const socket = await connect(`ws://127.0.0.1:${port}/`)
    t.match(await socket.closed, { code: 4000 })
    const taken: string[] = []
    if (take === 'a loop') for await (const message of socket) taken.push(String(message))
    else {
      socket.on('message', (data) => void taken.push(data.toString()))
      await until('both are taken', () => taken.length === 2)
    }
    t.same(taken, ['a', 'b'], take)
  }
})

t.test('a server that ends without a close frame', async (t) => {
  const { port, sockets } = await start(t)
  const socket = await connect(`ws://127.0.0.1:${port}/`)
  await until('it is there', () => sockets.length === 1)
  sockets[0].terminate()
  t.match(await socket.closed, { code: 1006, wasClean: false })
})

t.test('what a listener throws is told to onError', async (t) => {
  const { port } = await start(t)
  const errors: unknown[] = []
  const socket = await connect(`ws://127.0.0.1:${port}/`, { onError: (error, it) => void errors.push(error, it) })
  const fault = new Error('fault')
  socket.on('message', () => {
    throw fault
  })
  socket.send('x')
  await until('it is told', () => errors.length > 0)
  t.same([errors[0] === fault, errors[1] === socket, socket.readyState], [true, true, 1])
  socket.terminate()
})

t.test('the body of a refusal may be as long as it likes', async (t) => {
  const { port } = await start(t, {
    answers: { '/': (_, response) => void response.writeHead(503).end(Buffer.alloc(10 << 20, 'x')) },
  })
  const error = await connect(`ws://127.0.0.1:${port}/`).catch((fault: unknown) => fault)
  t.ok(error instanceof HandshakeError)
  t.match(error, { status: 503, body: 'x'.repeat(4_096) })
})
