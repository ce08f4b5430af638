/** What time and the network do to a route's connections, when the test says so. */

import { inject } from '../../adapters/testing.ts'
import { settle } from '../support/open.ts'
import { onEachHost, refused } from './testing-stage.ts'

onEachHost([
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
    'one who does not answer our close frame',
    async (t, { open, ws, clock }) => {
      const socket = await open('/echo')
      const [server] = ws.connections
      socket.network.hold()
      server.close(4001)
      await clock.advance(9_000)
      t.equal(server.readyState, 2)
      await clock.advance(2_000)
      t.match(await server.closed, { code: 1006 })
      t.equal(ws.limitsHit.closeTimeoutMs, 1)
    },
  ],
  [
    'one who takes nothing, for two minutes',
    async (t, { open, ws, clock }) => {
      const socket = await open('/echo')
      const [server] = ws.connections
      socket.network.hold()
      server.send(Buffer.alloc(200_000))
      await clock.advance(119_000)
      t.equal(server.readyState, 1)
      await clock.advance(2_000)
      t.equal(server.readyState, 3)
      t.equal(ws.limitsHit.sendTimeoutMs, 1)
    },
  ],
  [
    'a message that was begun, and is not finished',
    async (t, { open, clock }) => {
      const socket = await open('/echo')
      socket.network.write(Buffer.from('01810000000061', 'hex')) // 'a', and more to come
      await clock.advance(29_000)
      t.equal(socket.readyState, 1)
      await clock.advance(2_000)
      t.match(await socket.closed, { code: 1008 })
    },
  ],
  [
    'messages faster than they may come',
    async (t, { open, clock }) => {
      const socket = await open('/echo')
      for (const text of ['a', 'b', 'c', 'd']) socket.send(text)
      const received: string[] = []
      socket.on('message', (data) => void received.push(data.toString()))
      await settle(20)
      t.same(received, ['a', 'b'])
      await clock.advance(1_000)
      t.same(received, ['a', 'b', 'c', 'd'])
    },
    { messageRate: { messagesPerSecond: 2 } },
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
])
