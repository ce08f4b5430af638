/** What our WebSocketServer does besides, where `ws` would end the process, or has no such thing. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import express from 'express'
import t from 'tap'
import { WebSocket as TheirSocket } from 'ws'
import Default, { type ServerOptions, WebSocket, WebSocketServer } from '../../adapters/ws.ts'
import { clientFrame } from '../protocol/wire.ts'
import { FakeClock } from '../support/clock.ts'
import { Client } from '../support/ws-client.ts'
import { ask, fail, listen, listening, portOf, status } from './serving.ts'
import { settled } from './stage.ts'

t.test('the class carries everything, as that of ws does', async (t) => {
  t.equal(Default, WebSocket)
  t.equal(WebSocket.Server, WebSocketServer)
  t.equal(WebSocket.WebSocketServer, WebSocketServer)
  t.equal(WebSocket.WebSocket, WebSocket)
  t.type(WebSocket.createWebSocketStream, 'function')
  t.same([WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED], [0, 1, 2, 3])
})

class Broken extends WebSocket {
  readonly broken: never = fail()
}

const FAILING: [hook: string, options: ServerOptions, prepare?: (server: WebSocketServer) => void][] = [
  ['verifyClient', { verifyClient: fail }],
  [
    'verifyClient, later',
    { verifyClient: (_info, done) => setImmediate(done, true) },
    (server) => server.on('headers', fail),
  ],
  ['handleProtocols', { handleProtocols: fail }],
  ['a class for the sockets', { WebSocket: Broken }],
  ['a headers listener', {}, (server) => server.on('headers', fail)],
  [
    'a headers listener that breaks a line',
    {},
    (server) => server.on('headers', (lines) => lines.push('a: b\r\nc: d')),
  ],
  ['a headers listener that leaves nothing', {}, (server) => server.on('headers', (lines) => lines.push(''))],
  [
    'shouldHandle',
    {},
    (server) => {
      server.shouldHandle = fail
    },
  ],
  [
    'an option that was assigned to',
    {},
    (server) => {
      server.options.maxPayload = 'much' as never
    },
  ],
]

for (const [hook, options, prepare] of FAILING) {
  t.test(`${hook} fails: this handshake gets 500, the log its reason, and the next is served`, async (t) => {
    const { server, port, logged } = await listen(t, options)
    prepare?.(server)
    t.equal(await status(t, port, { headers: { 'sec-websocket-protocol': 'a' } }), 500)
    t.match(logged, [/^sockroute: a handshake failed; it is answered with 500 (Type)?Error: /])
    t.equal(await status(t, port, { headers: { 'sec-websocket-protocol': 'a' } }), 500)
    t.equal(server.clients.size, 0)
  })
}

t.test("a 'connection' listener that fails closes its socket with 1011, and no other", async (t) => {
  const { server, port, logged } = await listen(t)
  const good = await Client.open(`ws://127.0.0.1:${port}/`)
  for (const listener of [fail, async () => fail()]) {
    server.once('connection', listener)
    const client = await ask(t, port, {})
    await client.readHead()
    t.equal(await client.readText(), Buffer.of(3, 243).toString())
  }
  t.match(logged, [/a WebSocket handler failed/, /a WebSocket handler failed/])
  t.equal((await good.close(1000)).code, 1000)
})

t.test('the callback of handleUpgrade fails: the same', async (t) => {
  const http = createServer()
  const logged: string[] = []
  const logger = { warn: () => undefined, error: (_details: object, message: string) => void logged.push(message) }
  const server = new WebSocketServer({ noServer: true, logger })
  http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head, async () => fail()))
  await listening(t, http)
  const client = await ask(t, portOf(http), {})
  await client.readHead()
  t.equal(await client.readText(), Buffer.of(3, 243).toString())
  t.match(logged, [/handler failed/])
})

t.test('verifyClient that never decides: 504, when its time is over', async (t) => {
  const clock = new FakeClock()
  const asked = new Promise<void>((resolve) => {
    void listen(t, { clock, verifyClient: (_info, _decide) => resolve() }).then(async ({ port }) => {
      const client = await ask(t, port, {})
      await asked
      clock.advance(29_999)
      clock.advance(1)
      t.equal((await client.readHead()).status, 504)
      done()
    })
  })
  let done: () => void = () => undefined
  await new Promise<void>((resolve) => {
    done = resolve
  })
})

t.test('verifyClient that decides twice: the first counts', async (t) => {
  const { port } = await listen(t, {
    verifyClient(_info, decide) {
      decide(false, 403)
      decide(true)
    },
  })
  t.equal(await status(t, port), 403)
})

t.test('origins: any, as in ws, unless they are named', async (t) => {
  const foreign = { headers: { origin: 'https://evil.example' } }
  t.equal(await status(t, (await listen(t)).port, foreign), 101)
  const { port } = await listen(t, { origins: ['https://good.example'] })
  t.equal(await status(t, port, foreign), 403)
  t.equal(await status(t, port, { headers: { origin: 'https://good.example' } }), 101)
})

t.test('a peer that is silent is pinged, and terminated when it does not answer', async (t) => {
  const clock = new FakeClock()
  const { server, port } = await listen(t, { clock, pingIntervalMs: 1_000, pongTimeoutMs: 500 })
  const client = await ask(t, port, {})
  await client.readHead()
  const [socket] = server.clients
  const closed = once(socket, 'close')
  for (let i = 0; i < 30; i++) clock.advance(50)
  t.equal((await client.readFrame()).opcode, 9)
  for (let i = 0; i < 60 && socket.readyState === WebSocket.OPEN; i++) {
    await settled(2)
    clock.advance(50)
  }
  t.equal((await closed)[0], 1006)
})

t.test('options: what is wrong is said where it stands', async (t) => {
  const wrong: [options: object, message: RegExp][] = [
    [{ maxPayload: '1mb' }, /maxPayload takes a whole number, 0 for no limit; got '1mb'/],
    [{ maxPayload: -1 }, /maxPayload takes/],
    [{ verifyClient: true }, /verifyClient takes a function/],
    [{ perMessageDeflate: 'yes' }, /perMessageDeflate takes an object/],
    [{ pingIntervalMs: 'often' }, /pingIntervalMs takes a whole number/],
    [{ origins: '*' }, /origins takes a list/],
    [{ server: 'http://localhost' }, /one of the options/],
    [
      { noServer: false, server: express() },
      /server takes a server of .*, such as createServer\(app\) makes; got .{1,103}$/,
    ],
    [{ WebSocket: TheirSocket }, /WebSocket takes a class that extends the WebSocket of sockroute\/ws/],
  ]
  for (const [options, message] of wrong) {
    t.throws(() => new WebSocketServer({ noServer: true, ...options } as ServerOptions), { name: 'TypeError', message })
  }
})

t.test('options that nobody knows are told of, and harmless', async (t) => {
  const warned = once(process, 'warning')
  new WebSocketServer({ noServer: true, disableHixie: true, maxMessageBytes: 1 } as ServerOptions)
  const [warning] = await warned
  t.match(warning, { name: 'SockrouteWarning', message: /no option: disableHixie, maxMessageBytes$/ })
})

t.test('sendFrame takes what is a whole message of a server', async (t) => {
  const { server, port } = await listen(t)
  const errors: unknown[] = []
  server.on('connection', (socket) => {
    const { _sender } = socket
    for (const bytes of ['8980', '0100', 'c100', '8180']) {
      try {
        _sender.sendFrame([Buffer.from(bytes, 'hex')])
      } catch (error) {
        errors.push((error as Error).name)
      }
    }
    const frame = [Buffer.from('8102', 'hex'), 'ok']
    _sender.sendFrame(frame)
    _sender.sendFrame(frame)
    _sender.sendFrame([Buffer.from('8200', 'hex')])
    socket.close()
  })
  const client = await ask(t, port, {}, clientFrame(8, Buffer.of(3, 232)))
  await client.readHead()
  t.same((await client.readToEnd()).slice(0, 3), ['text ok', 'text ok', 'binary'])
  t.same(errors, ['TypeError', 'TypeError', 'TypeError', 'TypeError'])
})
