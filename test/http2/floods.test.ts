/** Much of what is little: each flood ends its own session at most, and costs what is bounded. RFC 9113 §10.5 */

import { echo, type Handler } from '../hosts/host.ts'
import { until } from '../support/until.ts'
import { CANCEL, HI, onEachHttp2Host, servesOthers } from './on-each-host.ts'
import {
  CONNECT,
  Flag,
  headerBlock,
  headersFrame,
  http2Frame,
  type RawSession,
  rawSession,
  Type,
} from './raw-session.ts'

const COUNTED = { ...CONNECT, ':path': '/count' }
const PING = http2Frame(Type.Ping, 0, 0, Buffer.alloc(8))
const RESET = Buffer.of(0, 0, 0, CANCEL)

function isOver({ socket, seen }: RawSession): boolean {
  return socket.destroyed || seen.some(({ type }) => type === Type.GoAway)
}

/** It writes until the server ends the session, or all is written. */
async function flood(session: RawSession, chunk: Buffer, times: number): Promise<void> {
  const { socket } = session
  for (let n = 0; n < times && !isOver(session); n++) {
    socket.write(chunk)
    if (n % 50 === 0) await until('it is taken', () => socket.writableLength < 1_000_000 || isOver(session))
  }
}

await onEachHttp2Host('Z03 PING and SETTINGS by the thousand are answered beside a WebSocket', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const session = await rawSession(t, app)
  const { socket, seen } = session
  socket.write(headersFrame(1, CONNECT))
  await until('it is open', () => app.ws.connections.size === 1)
  const round = Buffer.concat(Array(400).fill(Buffer.concat([PING, http2Frame(Type.Settings, 0, 0)])))
  const answers = (): number => seen.filter(({ type }) => type === Type.Ping).length
  for (let asked = 400; asked <= 10_000; asked += 400) {
    socket.write(round)
    await until('the answers', () => answers() === asked)
  }
  socket.write(http2Frame(Type.Data, 0, 1, HI))
  await until('the echo', () => seen.some(({ type }) => type === Type.Data))
  await servesOthers(t, app)
})

await onEachHttp2Host('Z03 who sends PING without end, and reads no answers, is let go of', async (t, begin) => {
  const closed: number[] = []
  const count: Handler = (socket) => void socket.on('close', (code) => closed.push(code))
  const app = await begin({ routes: { '/ws': echo, '/count': count } })
  const session = await rawSession(t, app)
  session.socket.write(headersFrame(1, COUNTED))
  await until('it is open', () => app.ws.connections.size === 1)
  session.socket.pause()
  const pings = Buffer.concat(Array(1_000).fill(PING))
  const flooding = flood(session, pings, 10_000)
  await until('it has closed', () => closed.length === 1)
  t.same(closed, [1006])
  session.socket.destroy()
  await flooding
  await servesOthers(t, app)
})

/** A field of 4,000 bytes, and how often it is meant again, with a byte each. RFC 7541 §6.1, §6.2.1 */
const BOMB = Buffer.concat([
  Buffer.of(0x40, 1, 0x78, 0x7f, 0xa1, 0x1e),
  Buffer.alloc(4_000, 'a'),
  Buffer.alloc(12_000, 0xbe),
])

await onEachHttp2Host(
  'Z03 header fields without end, or of no size that they seem to have, reach nobody',
  async (t, begin) => {
    let hooks = 0
    const app = await begin({ routes: { '/ws': echo, '/count': { hooks: [() => hooks++], handler: echo } } })
    const fields = headerBlock(Array(120).fill(['x-a', 'a'.repeat(120)]))
    for (const more of [fields, Buffer.alloc(0)]) {
      const session = await rawSession(t, app)
      session.socket.write(headersFrame(1, COUNTED, 0))
      await flood(session, http2Frame(Type.Continuation, 0, 1, more), 20_000)
      await until(`CONTINUATION of ${more.length} bytes ends the session`, () => isOver(session))
    }
    const { socket, seen } = await rawSession(t, app)
    socket.write(http2Frame(Type.Headers, Flag.EndHeaders, 1, Buffer.concat([headerBlock(COUNTED), BOMB])))
    await until('a reset', () => seen.some(({ streamId, type }) => streamId === 1 && type === Type.Reset))
    t.equal(hooks, 0)
    await servesOthers(t, app)
  },
)

await onEachHttp2Host('Z03 WebSockets that are reset as soon as they are open', async (t, begin) => {
  let opened = 0
  const closed: number[] = []
  const count: Handler = (socket) => {
    opened++
    socket.on('close', (code) => closed.push(code))
  }
  const app = await begin({ routes: { '/ws': echo, '/count': count } })
  const session = await rawSession(t, app)
  const { socket, seen } = session
  for (let first = 1; first < 6_000 && !isOver(session); first += 100) {
    const ids = Array.from({ length: 50 }, (_, at) => first + 2 * at)
    const isOpen = (id: number): boolean => seen.some(({ type, streamId }) => type === Type.Headers && streamId === id)
    socket.write(Buffer.concat(ids.map((id) => headersFrame(id, COUNTED))))
    await until('the last is open', () => isOpen(first + 98) || isOver(session))
    socket.write(Buffer.concat(ids.map((id) => http2Frame(Type.Reset, 0, id, RESET))))
  }
  t.ok(isOver(session))
  t.ok(opened < 1_500, `${opened} were open`) // Node lets 1,000 of them come at once, and 33 more each second
  await until('all have closed', () => closed.length === opened)
  t.ok(closed.every((code) => code === 1006))
  t.equal(app.ws.connections.size, 0)
  await servesOthers(t, app)
})
