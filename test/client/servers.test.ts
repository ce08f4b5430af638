/** Servers that others wrote, and our own: what our client sends comes back as it was. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import t from 'tap'
import { WebSocketServer } from 'ws'
import { type ClientOptions, connect, type WebSocket } from '../../src/client/index.ts'
import { type AppOptions, createWebSockets, prepare } from '../../src/index.ts'
import { noWebsockets } from '../differential/websockets.ts'
import { ROOT } from '../support/root.ts'

interface EchoServer {
  readonly url: string
  close(): Promise<unknown>
}

type ServerOptions = ConstructorParameters<typeof WebSocketServer>[0]

async function ws(options: ServerOptions = {}): Promise<EchoServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'chat.v2', ...options })
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

async function ours(options: AppOptions = {}): Promise<EchoServer> {
  const app = createWebSockets({ protocols: ['chat.v2'], maxMessageBytes: 20_000_000, ...options })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    app.upgrade(request, socket, head, (it) => {
      it.on('message', (data, isBinary) => it.send(data, { binary: isBinary }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.close()
      await app.close()
    },
  }
}

async function python(): Promise<EchoServer> {
  const child = spawn(process.env.PYTHON ?? '/usr/bin/python3', [`${ROOT}test/client/websockets-server.py`])
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    url: `ws://127.0.0.1:${port}/`,
    close() {
      child.stdin.end()
      return once(child, 'exit')
    },
  }
}

type Row = [name: string, start: () => Promise<EchoServer>, options: ClientOptions, extensions: RegExp]

const PLAIN = /^$/
const DEFLATE = /^permessage-deflate/
const ALONE = /server_no_context_takeover/
const TAKEOVER: ClientOptions = { compression: { contextTakeover: true, thresholdBytes: 0 } }
const SMALL: ClientOptions = { compression: { contextTakeover: true, thresholdBytes: 0, windowBits: 9 } }

const rows: Row[] = [
  ['ws', ws, {}, PLAIN],
  ['ws, which does not compress', ws, { compression: true }, PLAIN],
  ['ws, compressed', () => ws({ perMessageDeflate: true }), { compression: true }, ALONE],
  ['ws, with context takeover', () => ws({ perMessageDeflate: { threshold: 0 } }), TAKEOVER, DEFLATE],
  [
    'ws with small windows',
    () => ws({ perMessageDeflate: { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 10 } }),
    TAKEOVER,
    /client_max_window_bits=10; server_max_window_bits=10/,
  ],
  ['ws, which is asked for small windows', () => ws({ perMessageDeflate: { threshold: 0 } }), SMALL, /bits=9/],
  ['our own server', ours, {}, PLAIN],
  ['our own server, compressed', () => ours({ compression: true }), { compression: true }, ALONE],
  ['our own server, with context takeover', () => ours({ compression: { contextTakeover: true } }), TAKEOVER, DEFLATE],
  ...(noWebsockets && !process.env.CI
    ? []
    : ([
        ['Python websockets', python, {}, PLAIN],
        ['Python websockets, compressed', python, { compression: true }, ALONE],
        ['Python websockets, with context takeover', python, TAKEOVER, DEFLATE],
        ['Python websockets with small windows', python, SMALL, /bits=9/],
      ] satisfies Row[])),
]

/** All forms of the length, text and bytes, what compresses well and what does not. */
const MESSAGES: (string | Buffer)[] = [
  '',
  'hello',
  '€😀'.repeat(1_000),
  Buffer.alloc(0),
  Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7_919) % 251)),
  JSON.stringify(Array.from({ length: 5_000 }, (_, id) => ({ id, name: `item ${id}` }))),
  'hello',
  Buffer.alloc(16 << 20, 'sixteen mebibytes '),
]

for (const [name, start, options, extensions] of rows) {
  t.test(`${name}: all comes back as it was`, async (t) => {
    const server = await start()
    t.teardown(() => server.close())
    const socket = await connect(server.url, ['chat.v2'], {
      maxMessageBytes: 20_000_000,
      maxUnsentBytes: 'unlimited',
      ...options,
    })
    t.equal(socket.protocol, 'chat.v2')
    t.match(socket.extensions, extensions)
    t.same(await echoed(socket, MESSAGES), [])
    socket.ping('are you there')
    await once(socket, 'pong')
    socket.send(prepare('prepared'))
    const [prepared] = (await once(socket, 'message')) as [Buffer]
    t.equal(prepared.toString(), 'prepared')
    socket.close(4000, 'bye')
    t.match(await socket.closed, { code: 4000, wasClean: true })
  })
}

/** Sends all, and returns what did not come back. */
async function echoed(socket: WebSocket, messages: readonly (string | Buffer)[]): Promise<string[]> {
  const faults: string[] = []
  for (const message of messages) socket.send(message)
  const left = [...messages]
  while (left.length > 0) {
    const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean]
    const sent = left.shift() ?? ''
    if (isBinary !== (typeof sent !== 'string') || !data.equals(Buffer.from(sent))) faults.push(`${sent.length} bytes`)
  }
  return faults
}

t.test('ten thousand messages each way', async (t) => {
  const server = await ws()
  t.teardown(() => server.close())
  const socket = await connect(server.url, 'chat.v2')
  const texts = Array.from({ length: 10_000 }, (_, at) => `message ${at}`)
  const received: string[] = []
  socket.on('message', (data) => {
    if (received.push(data.toString()) === texts.length) socket.close(1000)
  })
  for (const text of texts) socket.send(text)
  await socket.closed
  t.same(received, texts)
})
