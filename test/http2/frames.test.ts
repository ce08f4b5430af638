/** Header fields and frames that no client's library sends: what each ends, and what it does not. RFC 9113 §5, §6, §8, RFC 8441 §4 */

import { echo, type Handler } from '../hosts/host.ts'
import { until } from '../support/until.ts'
import { HI, onEachHttp2Host, servesOthers } from './on-each-host.ts'
import { CONNECT, type Fields, Flag, headersFrame, http2Frame, rawSession, statusIn, Type } from './raw-session.ts'

/** What `HI` is echoed as. */
const HI_BACK = Buffer.from('\x81\x02hi', 'latin1')

const but = (name: string, value: string): Fields => ({ ...CONNECT, [name]: value })
const and = (...more: [name: string, value: string][]): Fields => [...Object.entries(CONNECT), ...more]

const handshakes: [rule: string, fields: Fields, answer: string | number][] = [
  ['§8.5 no :authority, and no host', Object.entries(CONNECT).filter(([name]) => name !== ':authority'), 'reset'],
  ['§8.3 :authority twice', and([':authority', 'evil.example']), 'reset'],
  ['§8.3 :path twice', and([':path', '/ws']), 'reset'],
  ['§8.3 :protocol twice', and([':protocol', 'websocket']), 'reset'],
  ['§8.3 a pseudo-header that there is not', and([':upgrade', 'websocket']), 'reset'],
  ['§8.3 a pseudo-header behind a field', Object.entries(CONNECT).reverse(), 'reset'],
  ['§4 :protocol of a GET', but(':method', 'GET'), 'reset'],
  ['§4 :protocol is empty', but(':protocol', ''), 'reset'],
  [':path is empty', but(':path', ''), 'reset'],
  [':path without a slash', but(':path', 'ws'), 'reset'],
  [':path of another authority', but(':path', 'http://evil.example/ws'), 'reset'],
  ['§8.2 a name in capitals', and(['Origin', 'http://localhost']), 'reset'],
  ['§8.2.2 connection', and(['connection', 'upgrade']), 'reset'],
  ['§8.2.2 upgrade', and(['upgrade', 'websocket']), 'reset'],
  ['§8.2.2 transfer-encoding', and(['transfer-encoding', 'chunked']), 'reset'],
  ['host twice', and(['host', 'localhost'], ['host', 'evil.example']), 'reset'],
  ['sec-websocket-version twice', and(['sec-websocket-version', '13']), 426],
  ['origin twice', and(['origin', 'http://localhost'], ['origin', 'http://localhost']), 403],
  ['the end of a line in a value, which is left out', and(['x-seen', 'a\r\nx-more: b']), 200],
]

await onEachHttp2Host('Z01 a handshake is one in each field, or none', async (t, begin) => {
  const hooked: object[] = []
  const app = await begin({
    routes: {
      '/ws': {
        hooks: [({ raw: { headers } }) => hooked.push([headers['x-seen'], headers['x-more']])],
        handler: () => undefined,
      },
    },
  })
  for (const [rule, fields, answer] of handshakes) {
    const { socket, seen } = await rawSession(t, app)
    socket.write(headersFrame(1, fields))
    const ofStream = () => seen.find(({ streamId, type }) => streamId === 1 && type !== Type.WindowUpdate)
    await until(rule, () => ofStream() !== undefined)
    t.equal(ofStream()?.type === Type.Reset ? 'reset' : statusIn(ofStream()), answer, rule)
    socket.destroy()
  }
  t.same(hooked, [[undefined, undefined]], 'hooks run for the last alone')
})

await onEachHttp2Host('Z01 a handshake that has ended its stream runs nothing', async (t, begin) => {
  let hooks = 0
  const app = await begin({ routes: { '/ended': { hooks: [() => hooks++], handler: echo }, '/ws': echo } })
  const { socket, seen } = await rawSession(t, app)
  socket.write(headersFrame(1, but(':path', '/ended'), Flag.EndHeaders | Flag.EndStream))
  await until('a reset', () => seen.some(({ streamId, type }) => streamId === 1 && type === Type.Reset))
  t.equal(hooks, 0)
  await servesOthers(t, app)
})

const padded = (length: number) => http2Frame(Type.Data, Flag.Padded, 1, Buffer.from([length, ...HI, 0, 0, 0]))
const data = (flags = 0) => http2Frame(Type.Data, flags, 1, HI)
const number = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex')
const setting = (id: number, value: number) => Buffer.concat([Buffer.of(0, id), number(value)])

/** To a WebSocket that is stream 1, beside another. */
const frames: [rule: string, sent: Buffer[], ends: 'neither' | 'its stream' | 'its session'][] = [
  ['§6.1 padded DATA', [padded(3)], 'neither'],
  [
    '§6.1 DATA without anything in it',
    Array(1_000)
      .fill(http2Frame(Type.Data, 0, 1))
      .concat(data()),
    'neither',
  ],
  ['§4.1 a type that there is not', [http2Frame(99, 0, 1, HI), data()], 'neither'],
  ['RFC 8441 §3 the setting, from a client', [http2Frame(Type.Settings, 0, 0, setting(8, 1)), data()], 'neither'],
  [
    '§6.9.2 a window that is none, until it is one',
    [http2Frame(Type.Settings, 0, 0, setting(4, 0)), data(), http2Frame(Type.Settings, 0, 0, setting(4, 65_535))],
    'neither',
  ],
  ['§8.1 HEADERS again', [headersFrame(1, CONNECT)], 'its stream'],
  ['§8.1 trailers', [headersFrame(1, { a: 'b' }, Flag.EndHeaders | Flag.EndStream)], 'its stream'],
  ['§8.1 trailers that end nothing', [headersFrame(1, { a: 'b' })], 'its stream'],
  ['§6.1 more padding than there is', [padded(200)], 'its session'],
  ['§5.1 DATA behind END_STREAM', [data(Flag.EndStream), data()], 'its session'],
  ['§6.1 DATA of no stream', [http2Frame(Type.Data, 0, 0, HI)], 'its session'],
  ['§4.2 a frame that is too large', [http2Frame(Type.Data, 0, 1, Buffer.alloc(16_385))], 'its session'],
  ['§6.9 a window that grows by nothing', [http2Frame(Type.WindowUpdate, 0, 1, number(0))], 'its session'],
  ['§6.9.1 a window over its limit', [http2Frame(Type.WindowUpdate, 0, 1, number(0x7fffffff))], 'its session'],
  ['§6.4 RST_STREAM that is too short', [http2Frame(Type.Reset, 0, 1, Buffer.alloc(3))], 'its session'],
  ['§5.1 RST_STREAM of no stream yet', [http2Frame(Type.Reset, 0, 9, number(8))], 'its session'],
  ['§8.4 PUSH_PROMISE', [http2Frame(Type.PushPromise, Flag.EndHeaders, 1, number(2))], 'its session'],
  ['§6.5.2 a window over its limit', [http2Frame(Type.Settings, 0, 0, setting(4, 0xffffffff))], 'its session'],
]

await onEachHttp2Host('Z05 a frame ends its stream, its session or neither', async (t, begin) => {
  for (const [rule, sent, ends] of frames) {
    const closed: string[] = []
    const note: Handler = (socket, request) => {
      const { url } = request as { url: string }
      socket.on('close', (code) => closed.push(`${url} ${code}`))
      echo(socket, request)
    }
    // Of some Node 20 says nothing, and stops reading: there it is noticed that nothing goes out any more.
    const options = ends === 'its session' ? { pingIntervalMs: 200, sendTimeoutMs: 200 } : {}
    const app = await begin({ options, routes: { '/1': note, '/2': note, '/ws': echo } })
    const { socket, seen } = await rawSession(t, app)
    socket.write(Buffer.concat([headersFrame(1, but(':path', '/1')), headersFrame(3, but(':path', '/2'))]))
    await until('both are open', () => app.ws.connections.size === 2)
    socket.write(Buffer.concat([...sent, http2Frame(Type.Data, 0, 3, HI)]))
    const isEchoed = (id: number) =>
      seen.some(({ streamId, type, payload }) => type === Type.Data && streamId === id && payload.equals(HI_BACK))
    if (ends === 'its session') await until(rule, () => closed.length === 2)
    else await until(rule, () => isEchoed(3) && (ends === 'neither' ? isEchoed(1) : closed.length > 0))
    t.same(closed.sort(), { neither: [], 'its stream': ['/1 1006'], 'its session': ['/1 1006', '/2 1006'] }[ends], rule)
    await servesOthers(t, app)
    socket.destroy()
    await app.close()
  }
})
