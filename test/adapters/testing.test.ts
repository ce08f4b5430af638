/** What `inject` gives, the same on each host: a table of scenarios, none of which waits for time or has a port. */

import { once } from 'node:events'
import t, { type Test } from 'tap'
import { HandshakeError, type InjectOptions, inject, TestClock, type TestSocket } from '../../adapters/testing.ts'
import type { AppOptions } from '../../src/index.ts'
import { settle } from '../support/open.ts'
import { SUBJECTS, type Subject } from './testing-apps.ts'

interface Stage extends Subject {
  readonly clock: TestClock
  readonly logged: string[]
  /** Opens a WebSocket. */
  open(path: string, options?: InjectOptions): Promise<TestSocket>
}

type Scenario = [name: string, act: (t: Test, stage: Stage) => Promise<void>, options?: AppOptions]

const SCENARIOS: Scenario[] = [
  [
    'text comes back as text, and bytes as bytes',
    async (t, { open }) => {
      const socket = await open('/echo')
      socket.send('hello')
      socket.send(Buffer.from('01ff', 'hex'))
      t.equal(await socket.next(), 'hello')
      t.same(await socket.next(), Buffer.from('01ff', 'hex'))
      t.match(socket, { readyState: 1, protocol: '', extensions: '' })
    },
  ],
  [
    'what the server sends before anybody listens waits, even when it has closed meanwhile',
    async (t, { open }) => {
      const socket = await open('/greeting')
      t.same(await socket.closed, { code: 4000, reason: 'that was all', wasClean: true })
      t.equal(await socket.next(), 'hello')
      t.equal(await socket.next(), 'and goodbye')
      await t.rejects(socket.next(), /closed with 4000 \(that was all\) before a message came/)
    },
  ],
  [
    'it can be iterated, and listened to',
    async (t, { open }) => {
      const messages: unknown[] = []
      for await (const message of await open('/greeting')) messages.push(message)
      t.same(messages, ['hello', 'and goodbye'])
      const socket = await open('/echo')
      socket.send('once')
      t.same(await once(socket, 'message'), [Buffer.from('once'), false])
    },
  ],
  [
    'messages are asked for beforehand, and come in order',
    async (t, { open }) => {
      const socket = await open('/echo')
      const asked = [socket.next(), socket.next(), socket.next()]
      for (const text of ['a', 'b', 'c']) socket.send(text)
      t.same(await Promise.all(asked), ['a', 'b', 'c'])
    },
  ],
  [
    'closing is a handshake',
    async (t, { open, ws }) => {
      const socket = await open('/echo')
      t.equal(ws.connections.size, 1)
      const [server] = ws.connections
      socket.close(1000, 'done')
      t.same(await server.closed, { code: 1000, reason: 'done', wasClean: true })
      t.match(await socket.closed, { code: 1000, wasClean: true })
      t.equal(ws.connections.size, 0)
    },
  ],
  [
    'the headers and cookies of the 101',
    async (t, { open }) => {
      const { response } = await open('/greeting')
      t.equal(response.status, 101)
      t.match(response.headers['set-cookie'], [/^a=1/, /^b=2; Path=\//])
    },
  ],
  [
    'the headers of the request',
    async (t, { open }) => {
      const socket = await open('/seen', { headers: { cookie: 'sid=1; theme=dark' } })
      t.match(JSON.parse(String(await socket.next())), { cookie: 'sid=1; theme=dark', ip: '127.0.0.1' })
    },
  ],
  [
    'where the client is',
    async (t, { open }) => {
      for (const remoteAddress of ['203.0.113.7', '2001:db8::1']) {
        const socket = await open('/seen', { remoteAddress })
        t.match(JSON.parse(String(await socket.next())), { ip: remoteAddress })
      }
    },
  ],
  [
    'a limit for each address',
    async (t, { app, open }) => {
      await open('/echo', { remoteAddress: '203.0.113.7' })
      await refused(t, inject(app, '/echo', { remoteAddress: '203.0.113.7' }), { status: 429 })
      await open('/echo', { remoteAddress: '203.0.113.8' })
    },
    { maxConnectionsPerAddress: 1 },
  ],
  [
    'a refusal rejects, with what was replied',
    async (t, { app }) => {
      await refused(t, inject(app, '/guarded'), {
        status: 401,
        headers: { 'x-reason': 'no token' },
        body: '{"error":"not you"}',
      })
    },
  ],
  [
    'what is not there is 404',
    async (t, { app }) => {
      await refused(t, inject(app, '/nowhere'), { status: 404 })
    },
  ],
  [
    'pages of other origins are refused',
    async (t, { app, open }) => {
      await open('/echo', { origin: 'http://localhost' })
      await open('/echo', { headers: { host: 'chat.example.com' }, origin: 'https://chat.example.com' })
      await refused(t, inject(app, '/echo', { origin: 'https://evil.example' }), { status: 403 })
    },
  ],
  [
    'a subprotocol',
    async (t, { open }) => {
      t.equal((await open('/echo', { protocols: ['chat.v1', 'chat.v2'] })).protocol, 'chat.v2')
      t.equal((await open('/echo')).protocol, '')
    },
    { protocols: ['chat.v2'] },
  ],
  [
    'compression',
    async (t, { open }) => {
      const socket = await open('/echo', { compression: true })
      t.match(socket.extensions, /^permessage-deflate/)
      const text = 'all work and no play '.repeat(1_000)
      socket.send(text)
      t.equal(await socket.next(), text)
    },
    { compression: true },
  ],
  [
    'who answers pings stays, for hours',
    async (t, { open, ws, clock }) => {
      const socket = await open('/echo')
      const pings: string[] = []
      socket.on('ping', () => pings.push('ping'))
      await clock.advance(2 * 3_600_000)
      t.equal(ws.connections.size, 1)
      t.ok(pings.length >= 260, `${pings.length} pings`)
      t.equal(socket.readyState, 1)
    },
  ],
  [
    'who is gone without a word is noticed',
    async (t, { open, ws, clock }) => {
      const socket = await open('/echo')
      const [server] = ws.connections
      socket.network.hold()
      await clock.advance(20_000)
      t.equal(ws.connections.size, 1)
      await clock.advance(27_000)
      t.same(await server.closed, { code: 1006, reason: '', wasClean: false })
      t.equal(ws.limitsHit.pongTimeoutMs, 1)
      t.equal(ws.connections.size, 0)
      socket.network.release()
      t.match(await socket.closed, { code: 1006 })
    },
  ],
  [
    'who comes back in time stays',
    async (t, { open, ws, clock }) => {
      const socket = await open('/echo')
      socket.network.hold()
      socket.send('from the tunnel')
      await clock.advance(20_000)
      socket.network.release()
      await clock.advance(60_000)
      t.equal(await socket.next(), 'from the tunnel')
      t.equal(ws.connections.size, 1)
    },
  ],
  [
    'a handshake that takes too long',
    async (t, { app, open, clock, ws, logged }) => {
      await open('/echo') // the app is ready
      const slow = inject(app, '/slow')
      const answered = refused(t, slow, { status: 504 })
      await clock.advance(9_999)
      t.equal(ws.limitsHit.handshakeTimeoutMs, 0)
      await clock.advance(1)
      await answered
      t.equal(ws.limitsHit.handshakeTimeoutMs, 1)
      t.match(logged, [/a handshake took longer than handshakeTimeoutMs/])
    },
  ],
  [
    'the end of a lifetime',
    async (t, { open, clock }) => {
      const socket = await open('/echo')
      await clock.advance(50_000)
      t.equal(socket.readyState, 1)
      await clock.advance(11_000)
      t.same(await socket.closed, { code: 1001, reason: 'maximum lifetime reached', wasClean: true })
    },
    { maxLifetimeMs: 60_000 },
  ],
  [
    'shutting down, with one who does not answer',
    async (t, { app, open, ws, clock }) => {
      const [one, other] = [await open('/echo'), await open('/echo')]
      other.network.hold()
      const closed = ws.close()
      t.match(await one.closed, { code: 1001, wasClean: true })
      await refused(t, inject(app, '/echo'), { status: 503 })
      t.equal(ws.connections.size, 1)
      await clock.advance(10_000)
      await closed
      t.equal(ws.connections.size, 0)
    },
  ],
  [
    'a client that takes nothing slows its server down',
    async (t, { open, ws }) => {
      const socket = await open('/echo')
      const [server] = ws.connections
      socket.network.hold()
      const message = Buffer.alloc(10_000, 'x')
      let sent = 1
      while (server.send(message)) sent++
      await settle()
      t.ok(server.bufferedAmount > 900_000, `${server.bufferedAmount} of ${sent * message.length} bytes are unsent`)
      const received = Array.from({ length: sent }, () => socket.next())
      socket.network.release()
      await server.drained()
      t.equal((await Promise.all(received)).length, sent)
    },
  ],
  [
    'and so does one that has paused',
    async (t, { open, ws }) => {
      const socket = await open('/echo')
      const [server] = ws.connections
      socket.pause()
      for (let i = 0; i < 40; i++) server.send(Buffer.alloc(50_000, 'x'))
      await settle(20)
      t.ok(server.bufferedAmount > 1_000_000, `${server.bufferedAmount}`)
      const received = Array.from({ length: 40 }, () => socket.next())
      socket.resume()
      await server.drained()
      t.equal((await Promise.all(received)).length, 40)
    },
  ],
  [
    'a reset',
    async (t, { open, ws }) => {
      const socket = await open('/echo')
      const [server] = ws.connections
      socket.network.reset()
      t.match(await server.closed, { code: 1006 })
      t.match(await socket.closed, { code: 1006 })
    },
  ],
  [
    'a client that leaves without a close frame',
    async (t, { open, ws }) => {
      const socket = await open('/echo')
      const [server] = ws.connections
      socket.network.end()
      t.match(await server.closed, { code: 1006 })
      t.match(await socket.closed, { code: 1006 })
    },
  ],
  [
    'bytes that no client of ours would send',
    async (t, { open, ws }) => {
      const socket = await open('/echo')
      const [server] = ws.connections
      socket.network.write(Buffer.from('8180', 'hex')) // the start of a frame
      socket.network.write(Buffer.from('00000000', 'hex')) // and its end: an empty text
      t.equal(await socket.next(), '')
      socket.network.write(Buffer.from('c18000000000', 'hex')) // RSV1 without an extension
      t.match(await socket.closed, { code: 1002 })
      t.match(await server.closed, { wasClean: false })
      t.throws(() => socket.network.write(Buffer.from('00', 'hex')), /the connection has ended/)
      t.throws(() => socket.network.write('text' as never), /takes the bytes of frames/)
    },
  ],
  [
    'many at once, each by itself',
    async (t, { open, ws }) => {
      const sockets = await Promise.all(Array.from({ length: 50 }, () => open('/echo')))
      for (const [i, socket] of sockets.entries()) socket.send(`${i}`)
      const answers = await Promise.all(sockets.map((socket) => socket.next()))
      t.same(
        answers,
        sockets.map((_, i) => `${i}`),
      )
      t.equal(ws.connections.size, 50)
      for (const socket of sockets.slice(1)) socket.close()
      await Promise.all(sockets.slice(1).map(({ closed }) => closed))
      sockets[0].send('still here')
      t.equal(await sockets[0].next(), 'still here')
    },
  ],
]

for (const [host, make] of SUBJECTS) {
  t.test(host, async (t) => {
    for (const [name, act, options] of SCENARIOS) {
      await t.test(name, { timeout: 20_000 }, async (t) => act(t, await stage(t, make, options)))
    }
  })
}

async function refused(t: Test, opening: Promise<TestSocket>, expected: Partial<HandshakeError>): Promise<void> {
  const error: unknown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.type(error, HandshakeError)
  t.match(error, expected)
}

async function stage(t: Test, make: (typeof SUBJECTS)[0][1], options: AppOptions = {}): Promise<Stage> {
  const clock = new TestClock()
  const logged: string[] = []
  const log = (_details: object, message: string): void => void logged.push(message)
  const subject = await make({ clock, logger: { warn: log, error: log }, ...options })
  const sockets: TestSocket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.terminate()
  })
  const open = async (path: string, options?: InjectOptions): Promise<TestSocket> => {
    const socket = await inject(subject.app, path, options)
    sockets.push(socket)
    return socket
  }
  return { ...subject, clock, logged, open }
}
