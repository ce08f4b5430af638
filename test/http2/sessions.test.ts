/** What a session may do to its WebSockets, and how both end. RFC 8441 §5, RFC 9113 §6 */

import { once } from 'node:events'
import type { ClientHttp2Stream } from 'node:http2'
import type { Handler } from '../hosts/host.ts'
import { echo } from '../hosts/host.ts'
import { clientFrame } from '../protocol/wire.ts'
import { until } from '../support/until.ts'
import { openSocket, sessionTo } from './client.ts'
import { BYE, CANCEL, HI, onEachHttp2Host, servesOthers } from './on-each-host.ts'
import { CONNECT, headersFrame, http2Frame, rawSession, Type } from './raw-session.ts'

await onEachHttp2Host('Z03 handshakes that are reset as soon as they are there', async (t, begin) => {
  let begun = 0
  let aborted = 0
  const app = await begin({
    routes: {
      '/ws': {
        hooks: [
          async ({ signal }) => {
            begun++
            if (!signal.aborted) await once(signal, 'abort')
            aborted++
          },
        ],
        handler: echo,
      },
    },
  })
  const { socket, seen } = await rawSession(t, app)
  const reset = Buffer.of(0, 0, 0, CANCEL)
  const begunAt = performance.now()
  for (let n = 0; n < 5_000 && !socket.destroyed; n++) {
    socket.write(Buffer.concat([headersFrame(2 * n + 1, CONNECT), http2Frame(Type.Reset, 0, 2 * n + 1, reset)]))
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await until('the session ends', () => socket.destroyed || seen.some(({ type }) => type === Type.GoAway))
  socket.destroy()
  const seconds = (performance.now() - begunAt) / 1_000
  t.ok(begun < 1_500 + 33 * seconds, `${begun} hooks have run`) // Node lets 1,000 of them come at once, and 33 more each second
  await until('all are aborted', () => aborted === begun)
  t.equal(app.ws.metrics().handshakes, 0)
})

await onEachHttp2Host('Z05 who takes nothing ends alone', async (t, begin) => {
  const closed: number[] = []
  const flood: Handler = (socket) => {
    socket.on('close', (code) => closed.push(code))
    socket.send(Buffer.alloc(1_000_000))
  }
  const app = await begin({ options: { sendTimeoutMs: 200 }, routes: { '/ws': echo, '/flood': flood } })
  const session = await sessionTo(t, app, { initialWindowSize: 0 })
  const stuck = await openSocket(session, '/flood')
  await servesOthers(t, app)
  stuck.resume()
  await until('its stream has ended', () => stuck.destroyed) // it may have, while others were served
  await until('it has closed', () => closed.length > 0)
  t.same(closed, [1006])
  t.equal(app.ws.limitsHit.sendTimeoutMs, 1)
  t.equal(session.destroyed, false, 'and not its session')
})

/** Before, a session of Node's whose peer had broken the protocol stayed as it was. */
const endsBroken = process.versions.node.localeCompare('20.20', 'en', { numeric: true }) >= 0

await onEachHttp2Host(
  'Z05 a session that breaks takes its own WebSockets along, each closes once',
  async (t, begin) => {
    if (!endsBroken) return
    const closed: number[] = []
    const count: Handler = (socket) => void socket.on('close', (code) => closed.push(code))
    const app = await begin({ routes: { '/ws': echo, '/count': count } })
    const { socket, seen } = await rawSession(t, app)
    for (let n = 0; n < 10; n++) socket.write(headersFrame(2 * n + 1, { ...CONNECT, ':path': '/count' }))
    await until('it is open', () => app.ws.connections.size === 10)
    const overflow = http2Frame(Type.WindowUpdate, 0, 0, Buffer.of(0x7f, 255, 255, 255))
    socket.write(Buffer.concat([overflow, overflow]))
    await until('it has closed', () => closed.length === 10)
    // With TLS Node lets go of the socket before GOAWAY is encrypted.
    await until('its end', () => seen.some(({ type }) => type === Type.GoAway) || socket.destroyed)
    t.same(closed, Array(10).fill(1006))
    await servesOthers(t, app)
  },
)

await onEachHttp2Host('Z05 GOAWAY of the client ends no WebSocket', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const { socket, seen } = await rawSession(t, app)
  socket.write(headersFrame(1, CONNECT))
  await until('it is open', () => app.ws.connections.size === 1)
  socket.write(http2Frame(Type.GoAway, 0, 0, Buffer.alloc(8)))
  socket.write(http2Frame(Type.Data, 0, 1, HI))
  await until('an echo', () => seen.some(({ type }) => type === Type.Data))
  t.equal(seen.find(({ type }) => type === Type.Data)?.payload.toString('latin1'), '\x81\x02hi')
  socket.write(http2Frame(Type.Data, 1, 1, BYE))
  await once(socket, 'close')
  t.equal(app.ws.connections.size, 0)
})

const ends: [how: string, end: (stream: ClientHttp2Stream) => void][] = [
  ['RST_STREAM in a message', (stream) => stream.close(CANCEL)],
  ['END_STREAM in a message', (stream) => stream.resume().end()],
]

await onEachHttp2Host('Z06 an end without a close frame is 1006, and of that stream alone', async (t, begin) => {
  const closed: object[] = []
  const note: Handler = (socket) => {
    void socket.closed.then((result) => closed.push(result))
  }
  const app = await begin({ routes: { '/ws': echo, '/note': note } })
  const session = await sessionTo(t, app)
  const other = await openSocket(session)
  for (const [how, end] of ends) {
    const stream = await openSocket(session, '/note')
    stream.write(clientFrame(1, 'half of it').subarray(0, 9))
    await new Promise((resolve) => setImmediate(resolve))
    end(stream)
    await until('it has closed', () => closed.length > 0)
    t.match(closed.splice(0), [{ code: 1006, wasClean: false }], how)
  }
  other.write(HI)
  t.equal(((await once(other, 'data')) as [Buffer])[0].toString('latin1'), '\x81\x02hi', 'the other goes on')
})

await onEachHttp2Host(
  'Z06 a reset that says NO_ERROR, as clients of Node send it, is the end as well',
  async (t, begin) => {
    const closed: number[] = []
    const flood: Handler = (socket) => {
      socket.on('close', (code) => closed.push(code))
      socket.send(Buffer.alloc(1_000_000))
    }
    const app = await begin({ routes: { '/ws': echo, '/flood': flood } })
    const { socket, seen } = await rawSession(t, app)
    socket.write(headersFrame(1, { ...CONNECT, ':path': '/flood' }))
    await until('the window is full', () => seen.filter(({ type }) => type === Type.Data).length >= 4)
    socket.write(http2Frame(Type.Reset, 0, 1, Buffer.alloc(4)))
    await until('it has closed', () => closed.length > 0)
    t.same(closed, [1006])
    await servesOthers(t, app)
  },
)

await onEachHttp2Host('§7.1.1 who never ends its side behind both close frames is not waited for', async (t, begin) => {
  const closed: object[] = []
  const note: Handler = (socket) => {
    void socket.closed.then((result) => closed.push(result))
  }
  const app = await begin({ options: { closeTimeoutMs: 60_000 }, routes: { '/ws': echo, '/note': note } })
  const session = await sessionTo(t, app)
  const stream = await openSocket(session, '/note')
  const heard: Buffer[] = []
  stream.on('data', (chunk: Buffer) => heard.push(chunk))
  const begunAt = performance.now()
  stream.write(BYE)
  await once(stream, 'close')
  t.ok(performance.now() - begunAt < 10_000, `${performance.now() - begunAt} ms`)
  t.equal(stream.rstCode, 0, 'no error')
  t.equal(Buffer.concat(heard).toString('hex'), '880203e8', 'and the close frame has come')
  await until('it has closed', () => closed.length > 0)
  t.same(closed, [{ code: 1000, reason: '', wasClean: true }])
  await servesOthers(t, app)
})

await onEachHttp2Host('Z06 a socket that dies with 100 streams', async (t, begin) => {
  const closed: number[] = []
  const note: Handler = (socket) => void socket.on('close', (code) => closed.push(code))
  const app = await begin({ routes: { '/ws': echo, '/note': note } })
  const session = await sessionTo(t, app)
  for (let n = 0; n < 100; n++) await openSocket(session, '/note')
  session.destroy()
  await until('it has closed', () => closed.length === 100)
  t.same(closed, Array(100).fill(1006))
  await servesOthers(t, app)
})

await onEachHttp2Host('shutdown: close frames, then GOAWAY, then the end, in its time', async (t, begin) => {
  const app = await begin({ options: { drain: { deadlineMs: 300, spreadMs: 0 } }, routes: { '/ws': echo } })
  const session = await sessionTo(t, app)
  const events: string[] = []
  const polite = await openSocket(session)
  const silent = await openSocket(session)
  polite.on('data', (frame: Buffer) => {
    events.push(`close ${frame.readUInt16BE(2)}`)
    polite.end(BYE)
  })
  silent.on('close', () => events.push(`reset ${silent.rstCode}`)).resume()
  session.on('goaway', (code) => events.push(`goaway ${code}`))
  const ended = once(session, 'close')
  await app.close()
  await ended
  t.same(events.slice(0, 1), ['close 1001'])
  t.same(events.slice(1).sort().reverse().slice(0, 1), [`reset ${silent.rstCode}`])
  t.ok(events.includes('goaway 0'), events.join())
})

await onEachHttp2Host('shutdown: a client that does not read holds nothing up', async (t, begin) => {
  const flood: Handler = (socket) => void socket.send(Buffer.alloc(8_000_000))
  const app = await begin({ options: { drain: { deadlineMs: 200, spreadMs: 0 } }, routes: { '/ws': flood } })
  const { socket } = await rawSession(t, app)
  socket.write(headersFrame(1, CONNECT))
  await until('it is open', () => app.ws.connections.size === 1)
  socket.pause()
  const begunAt = Date.now()
  await app.close()
  t.ok(Date.now() - begunAt < 10_000, `${Date.now() - begunAt} ms`)
})
