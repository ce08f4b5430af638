/** Flow control: who stands still stands alone. RFC 9113 §5.2 */

import { echo, type Handler } from '../hosts/host.ts'
import { clientFrame } from '../protocol/wire.ts'
import { until } from '../support/until.ts'
import { openSocket, sessionTo } from './client.ts'
import { BYE, HI, onEachHttp2Host, servesOthers } from './on-each-host.ts'
import { CONNECT, headersFrame, http2Frame, rawSession, Type } from './raw-session.ts'

const never = new Promise(() => undefined)
await onEachHttp2Host('Z05 handlers that stand still leave the window of their session to others', async (t, begin) => {
  const stand: Handler = async (socket) => {
    for await (const _ of socket) await never
  }
  const app = await begin({ options: { maxMessageBytes: 4_000_000 }, routes: { '/ws': echo, '/stand': stand } })
  const session = await sessionTo(t, app)
  const message = clientFrame(2, Buffer.alloc(60_000)) // a window is 65,535, a stream's as a session's: RFC 9113 §6.9.2
  const stuck = [await openSocket(session, '/stand'), await openSocket(session, '/stand')]
  for (const stream of stuck) for (let n = 0; n < 60; n++) stream.write(message)
  const other = await openSocket(session)
  other.write(Buffer.concat([...Array(10).fill(message), BYE]))
  const answer = Buffer.concat((await other.toArray()) as Buffer[])
  t.equal(answer.length, 10 * 60_004 + 4, 'all is echoed')
  for (const { writableLength } of stuck) t.ok(writableLength > 0, `${writableLength} bytes do not go out`)
  await servesOthers(t, app)
})

const settings = (initialWindow: number) =>
  http2Frame(
    Type.Settings,
    0,
    0,
    Buffer.concat([Buffer.of(0, 4), Buffer.from(initialWindow.toString(16).padStart(8, '0'), 'hex')]),
  )

await onEachHttp2Host('Z05 a window of a byte at a time is no progress', async (t, begin) => {
  const closed: number[] = []
  const flood: Handler = (socket) => {
    socket.on('close', (code) => closed.push(code))
    socket.send(Buffer.alloc(1_000_000))
  }
  const app = await begin({ options: { sendTimeoutMs: 300 }, routes: { '/ws': echo, '/flood': flood } })
  const { socket, seen } = await rawSession(t, app)
  socket.write(Buffer.concat([settings(0), headersFrame(1, { ...CONNECT, ':path': '/flood' })]))
  await until('it has closed', () => {
    socket.write(http2Frame(Type.WindowUpdate, 0, 1, Buffer.of(0, 0, 0, 1)))
    return closed.length > 0
  })
  t.same(closed, [1006])
  t.ok(seen.filter(({ type }) => type === Type.Data).length > 3, 'it went on by a byte')
  t.equal(app.ws.limitsHit.sendTimeoutMs, 1)
  socket.write(headersFrame(3, CONNECT))
  socket.write(http2Frame(Type.WindowUpdate, 0, 3, Buffer.of(0, 0, 0, 99)))
  socket.write(http2Frame(Type.Data, 0, 3, HI))
  await until('an echo', () => seen.some(({ type, streamId }) => type === Type.Data && streamId === 3))
  t.equal(socket.destroyed, false, 'and its session goes on')
})

await onEachHttp2Host('Z05 who says goodbye and takes no answer is not waited for', async (t, begin) => {
  const closed: object[] = []
  const note: Handler = (socket) => {
    void socket.closed.then((result) => closed.push(result))
  }
  const app = await begin({
    options: { sendTimeoutMs: 200, closeTimeoutMs: 200 },
    routes: { '/ws': echo, '/note': note },
  })
  const { socket, seen } = await rawSession(t, app)
  socket.write(Buffer.concat([settings(0), headersFrame(1, { ...CONNECT, ':path': '/note' })]))
  await until('it is open', () => app.ws.connections.size === 1)
  socket.write(http2Frame(Type.Data, 0, 1, BYE))
  await until('a reset', () => seen.some(({ type }) => type === Type.Reset))
  t.same(closed, [{ code: 1000, reason: '', wasClean: true }])
  t.equal(app.ws.connections.size, 0)
  await servesOthers(t, app)
})

await onEachHttp2Host(
  'Z05 what comes before the 200 waits in the window of its stream, and comes whole',
  async (t, begin) => {
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const app = await begin({ routes: { '/ws': echo, '/late': { hooks: [() => opened], handler: echo } } })
    const { socket, seen } = await rawSession(t, app)
    socket.write(headersFrame(1, { ...CONNECT, ':path': '/late' }))
    const message = clientFrame(2, Buffer.alloc(60_000, 'x'))
    for (let at = 0; at < message.length; at += 10_000)
      socket.write(http2Frame(Type.Data, 0, 1, message.subarray(at, at + 10_000)))
    await until('it has come', () => seen.some(({ type, streamId }) => type === Type.WindowUpdate && streamId === 0))
    t.equal(
      seen.some(({ type }) => type === Type.Headers),
      false,
    )
    open()
    const echoed = (): number =>
      seen.filter(({ type }) => type === Type.Data).reduce((sum, { payload }) => sum + payload.length, 0)
    await until('the echo', () => echoed() === 60_004)
    await servesOthers(t, app)
  },
)

await onEachHttp2Host('Z06 a session whose socket is gone, or half of it', async (t, begin) => {
  for (const end of ['destroy', 'end'] as const) {
    const closed: number[] = []
    const note: Handler = (socket) => void socket.on('close', (code) => closed.push(code))
    const app = await begin({ routes: { '/ws': echo, '/note': note } })
    const { socket } = await rawSession(t, app)
    for (let n = 0; n < 10; n++) socket.write(headersFrame(2 * n + 1, { ...CONNECT, ':path': '/note' }))
    await until('they are open', () => app.ws.connections.size === 10)
    socket[end]()
    await until('they have closed', () => closed.length === 10)
    t.same(closed, Array(10).fill(1006), end)
    await servesOthers(t, app)
  }
})
