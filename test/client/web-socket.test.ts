/** What a WebSocket is made of, and what is wrong with it at once. */
import { getEventListeners } from 'node:events'
import t from 'tap'
import { type ClientOptions, connect, WebSocket } from '../../src/client/index.ts'
import { Connection } from '../../src/connection.ts'
import { serverFrame } from '../protocol/wire.ts'
import { FakeClock } from '../support/clock.ts'
import { settle } from '../support/open.ts'
import { FrameReader } from '../support/peer.ts'
import { answered, rawServer } from './raw-server.ts'

const URLS: [text: string, url: string, request: string, host: string][] = [
  ['ws://example.com', 'ws://example.com/', 'GET / HTTP/1.1', 'example.com'],
  ['WS://Example.COM:80/a b?c#'.slice(0, -1), 'ws://example.com/a%20b?c', 'GET /a%20b?c HTTP/1.1', 'example.com'],
  ['http://example.com:8080/x', 'ws://example.com:8080/x', 'GET /x HTTP/1.1', 'example.com:8080'],
  ['ws://[::1]:7/', 'ws://[::1]:7/', 'GET / HTTP/1.1', '[::1]:7'],
  ['ws://bücher.example/ü', 'ws://xn--bcher-kva.example/%C3%BC', 'GET /%C3%BC HTTP/1.1', 'xn--bcher-kva.example'],
]

for (const [text, url, request, host] of URLS) {
  t.test(`${text}: as a browser reads it`, async (t) => {
    const server = rawServer(answered())
    const socket = await connect(text, { createConnection: server.createConnection })
    t.equal(socket.url, url)
    t.equal(server.requests[0].split('\r\n')[0], request)
    t.match(server.requests[0], new RegExp(`\r\nHost: ${host.replace(/[[\]]/g, '\\$&')}\r\n`, 'i'))
    socket.terminate()
  })
}

const WRONG: [rule: string, args: unknown[], name: string, message: RegExp][] = [
  ['no URL', [''], 'SyntaxError', /is no URL of a WebSocket; write one such as 'wss:/],
  ['a path', ['/chat'], 'SyntaxError', /\/chat is no URL of a WebSocket/],
  ['another protocol', ['ftp://host/'], 'SyntaxError', /begins with ws:, wss:, http:, https: or ws\+unix:; got ftp:/],
  ['a fragment', ['ws://host/#x'], 'SyntaxError', /no fragment; write ws:\/\/host\/$/],
  ['an empty fragment', ['ws://host/#'], 'SyntaxError', /no fragment/],
  ['a Unix socket without a path', ['ws+unix:'], 'SyntaxError', /a path is missing/],
  ['a subprotocol that is none', ['ws://host/', 'a b'], 'SyntaxError', /a name without spaces or commas, .*; got a b/],
  ['an empty subprotocol', ['ws://host/', ['']], 'SyntaxError', /a name without spaces/],
  ['a subprotocol that is no text', ['ws://host/', [1]], 'SyntaxError', /a name without spaces or commas/],
  ['a subprotocol twice', ['ws://host/', ['a', 'b', 'a']], 'SyntaxError', /the subprotocol a is given twice/],
  ['what are no subprotocols', ['ws://host/', 5], 'TypeError', /subprotocols are a name, or a list/],
  ['the same in the options', ['ws://host/', { protocols: ['a,b'] }], 'SyntaxError', /a name without spaces or commas/],
  ['an unknown option', ['ws://host/', undefined, { hedears: {} }], 'TypeError', /there is no option hedears here/],
  ["an option of ws's", ['ws://host/', undefined, { maxPayload: 1 }], 'TypeError', /did you mean maxMessageBytes\?/],
  [
    'compression of ws’s',
    ['ws://host/', undefined, { perMessageDeflate: true }],
    'TypeError',
    /did you mean compression/,
  ],
  [
    'a time without a number',
    ['ws://host/', { handshakeTimeoutMs: '1s' }],
    'TypeError',
    /a whole number of milliseconds/,
  ],
  ['headers as a list', ['ws://host/', { headers: ['a'] }], 'TypeError', /headers takes an object such as/],
  [
    "fetch's Headers",
    ['ws://host/', { headers: new Headers({ a: '1' }) }],
    'TypeError',
    /write Object.fromEntries\(headers\)/,
  ],
  [
    'a header of ours',
    ['ws://host/', { headers: { 'sec-WebSocket-protocol': 'a' } }],
    'TypeError',
    /use the option protocols/,
  ],
  [
    'a header of the handshake',
    ['ws://host/', { headers: { Upgrade: 'h2c' } }],
    'TypeError',
    /cannot set Upgrade: leave it out/,
  ],
  ['a header that cannot be', ['ws://host/', { headers: { 'a b': '1' } }], 'TypeError', /must be a valid HTTP token/],
  ['a header with a line in it', ['ws://host/', { headers: { a: '1\r\nb: 2' } }], 'TypeError', /Invalid character/],
  ['a signal that is none', ['ws://host/', { signal: {} }], 'TypeError', /signal takes an AbortSignal/],
  ['too many redirects', ['ws://host/', { maxRedirects: -1 }], 'TypeError', /redirects from 0 to 100/],
  [
    'limits that do not fit',
    ['ws://host/', { maxUnsentBytes: 1 }],
    'TypeError',
    /maxUnsentBytes \(1\) is the hard limit/,
  ],
]

for (const [rule, args, name, message] of WRONG) {
  t.test(`${rule}: thrown at once, and connect rejects`, async (t) => {
    const [url, protocols, options] = args as [string, string[], ClientOptions]
    t.throws(() => new WebSocket(url, protocols, options), { name, message })
    await t.rejects(connect(url, protocols, options), { name, message })
  })
}

t.test('what a function that connects returns is a stream, or the attempt fails', async (t) => {
  const wrong: [made: unknown, message: RegExp][] = [
    [Promise.resolve(), /createConnection returns a socket, or any Duplex; got a promise. Connect first/],
    ['tcp', /any Duplex; got string/],
  ]
  for (const [made, message] of wrong) {
    const createConnection = (() => made) as unknown as NonNullable<ClientOptions['createConnection']>
    await t.rejects(connect('ws://host/', { createConnection }), { name: 'TypeError', message })
  }
})

t.test('it is a connection, in the state that it says', async (t) => {
  const server = rawServer(answered({ 'Sec-WebSocket-Protocol': 'b' }))
  const socket = new WebSocket('ws://host/', ['a', 'b'], { createConnection: server.createConnection })
  t.ok(socket instanceof Connection)
  t.same([socket.readyState, WebSocket.CONNECTING, socket.url, socket.binaryType], [0, 0, 'ws://host/', 'nodebuffer'])
  t.throws(() => socket.send('x'), /readyState 0 \(CONNECTING\)/)
  await new Promise<void>((resolve) => {
    socket.onopen = ({ type, target }) => {
      t.same([type, target === socket, socket.readyState], ['open', true, 1])
      resolve()
    }
  })
  t.match(server.requests[0], /\r\nSec-WebSocket-Protocol: a, b\r\n/)
  t.equal(socket.protocol, 'b')
  const events: unknown[] = []
  socket.addEventListener('message', ({ data }) => events.push(data))
  socket.onclose = ({ code, reason, wasClean }) => events.push([code, reason, wasClean])
  server.end().write(serverFrame(1, 'hello'))
  server.end().write(serverFrame(8, Buffer.from('\x0f\xa0bye', 'latin1')))
  server.end().end()
  await socket.closed
  t.same(events, ['hello', [4000, 'bye', true]])
})

t.test('the error that a browser would only hint at is in the event', async (t) => {
  const server = rawServer(answered({ Upgrade: 'x' }))
  const socket = new WebSocket('ws://host/', { createConnection: server.createConnection })
  const events: unknown[] = []
  socket.onerror = ({ type, message }) => events.push(type, message)
  socket.onclose = ({ code }) => events.push(code)
  await socket.closed
  t.same(events, ['error', "the server's 101 is wrong: its Upgrade header is not websocket", 1006])
})

t.test('each handshake has a key of its own', async (t) => {
  const server = rawServer(answered())
  for (let i = 0; i < 3; i++) (await connect('ws://host/', { createConnection: server.createConnection })).terminate()
  const keys = server.requests.map((request) => /Sec-WebSocket-Key: (.*)\r/.exec(request)?.[1] ?? '')
  t.equal(new Set(keys).size, 3)
  for (const key of keys) t.equal(Buffer.from(key, 'base64').length, 16)
})

t.test('what breaks the protocol is told by name, and closes', async (t) => {
  const server = rawServer(answered())
  const socket = await connect('ws://host/', { createConnection: server.createConnection, maxMessageBytes: 10 })
  const received: Buffer[] = []
  const end = server.end()
  end.on('data', (chunk: Buffer) => received.push(chunk))
  end.on('end', () => end.end())
  const errors: Error[] = []
  socket.on('error', (error) => errors.push(error))
  end.write(serverFrame(2, 'eleven byte'))
  t.match(await socket.closed, { code: 1006 })
  t.match(errors, [{ name: 'ProtocolError', code: 'WS_TOO_BIG' }])
  const [{ opcode, payload, key }] = new FrameReader().read(Buffer.concat(received))
  t.same([opcode, payload.readUInt16BE(0), key?.length], [8, 1009, 4])
})

t.test('without a URL it waits for its wire, and can be given up', async (t) => {
  const socket = new WebSocket(null, undefined, { any: 'options' })
  t.same([socket.readyState, socket.url], [0, ''])
  socket.terminate()
  t.match(await socket.closed, { code: 1006 })
  await settle()
})

t.test('the heartbeat is a client’s, too: a server that falls silent is noticed', async (t) => {
  const clock = new FakeClock()
  const server = rawServer(answered())
  const options = { createConnection: server.createConnection, clock, pingIntervalMs: 1_000, pongTimeoutMs: 2_000 }
  const socket = await connect('ws://host/', options)
  const received: Buffer[] = []
  server.end().on('data', (chunk: Buffer) => received.push(chunk))
  for (let seconds = 0; seconds < 5; seconds++) {
    clock.advance(1_000)
    await settle()
  }
  t.match(await socket.closed, { code: 1006 })
  const pings = new FrameReader().read(Buffer.concat(received)).map(({ opcode }) => opcode)
  t.same([...new Set(pings)], [9])
  t.equal(clock.timers, 0)
})

t.test('a signal that outlives many connections keeps none of them', async (t) => {
  const { signal } = new AbortController()
  const refused = rawServer('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
  const server = rawServer(answered())
  await t.rejects(connect('ws://host/', { createConnection: refused.createConnection, signal }))
  const socket = await connect('ws://host/', { createConnection: server.createConnection, signal })
  t.equal(getEventListeners(signal, 'abort').length, 1)
  socket.terminate()
  await socket.closed
  await settle()
  t.equal(getEventListeners(signal, 'abort').length, 0)
})
