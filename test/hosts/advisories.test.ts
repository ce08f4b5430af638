/** Published weaknesses of other WebSocket servers and clients, replayed: each by its identifiers. RFC 6455 §10 */

import { constants, deflateRawSync } from 'node:zlib'
import type { Test } from 'tap'
import type { AppOptions } from '../../src/index.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import { type AppSpec, echo, type Handler } from './host.ts'
import { isOverHttp2 } from './hosts.ts'
import type { Changes } from './raw-client.ts'
import { onEachHost, type Running } from './suite.ts'

type Headers = NonNullable<Changes['headers']>

const BYE = clientFrame(8, Buffer.of(3, 232))
const HI = clientFrame(1, 'hi')
const DEFLATE = { 'sec-websocket-extensions': 'permessage-deflate' }
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH }
const BOMB = deflateRawSync(Buffer.alloc(20_000_000), FLUSH).subarray(0, -4)
const part = (opcode: number, payload: Buffer | string, rsv1 = false): Buffer =>
  clientFrame(opcode, payload, { fin: false, rsv1 })

/** Nobody listens to 'error', and messages are parsed without a net, as in many programs. */
const parse: Handler = (socket) => {
  socket.on('message', (data) => void socket.send(JSON.parse(data.toString()).text.toUpperCase()))
}
const SPEC: AppSpec = { routes: { '/ws': echo, '/json': parse }, options: { compression: true } }

/** Everybody else is served as before. */
async function servesOthers(t: Test, app: Running, what: string): Promise<void> {
  const client = await app.open({}, HI, BYE)
  t.same(await client.readToEnd(), ['text hi', 'close 1000', 'fin'], `${what}: others are served`)
  client.end()
}

type HandshakeCase = [advisories: string, behaviour: string, headers: Headers, status: number, path?: string]

const site = (host: string): Headers => ({ host: 'app.example', origin: `http://${host}` })
const many = (count: number): Headers =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, 'x'] as const))

const handshakes: HandshakeCase[] = [
  [
    'CVE-2021-32640 (ws)',
    'a long run of spaces in Sec-WebSocket-Protocol',
    { 'sec-websocket-protocol': `b${' '.repeat(15_000)}x` },
    400,
  ],
  [
    'CVE-2020-7662, CVE-2020-7663 (websocket-extensions)',
    'an unclosed string of backslashes in Sec-WebSocket-Extensions',
    { 'sec-websocket-extensions': `a; b="${'\\c'.repeat(7_500)}` },
    400,
  ],
  ...['constructor', '__proto__', 'x; constructor', 'permessage-deflate; __proto__=1'].map(
    (offer): HandshakeCase => [
      'NSP 550 (ws)',
      `an extension that is named like a property of every object: ${offer}`,
      { 'sec-websocket-extensions': offer },
      101,
    ],
  ),
  ['NSP 550 (ws)', 'an empty element before such a name', { 'sec-websocket-extensions': ',;constructor' }, 400],
  ['CVE-2024-37890 (ws)', 'more header fields than Node keeps, before those of the upgrade', many(1_500), 431],
  ['CVE-2023-43669 (tungstenite)', 'a header field of 15,000 bytes', { 'x-long': 'x'.repeat(15_000) }, 101],
  ...['client_max_window_bits=99', 'server_max_window_bits=7', 'server_max_window_bits=1000000'].map(
    (parameter): HandshakeCase => [
      'CVE-2026-2229 (undici)',
      `window bits that zlib does not know: ${parameter}`,
      { 'sec-websocket-extensions': `permessage-deflate; ${parameter}` },
      101,
    ],
  ),
  ['CVE-2020-36048 (engine.io)', 'a body that could be gathered', { 'content-length': '1000000000' }, 400],
  ['CVE-2023-31125 (engine.io)', 'a query that names a property of every object', {}, 101, '/ws?transport=__proto__'],
  ['CVE-2018-14732 (webpack-dev-server), CVE-2025-24010 (vite)', "another site's page", site('evil.example'), 403],
  ['CVE-2025-30360 (webpack-dev-server)', 'a page whose host is an IP address', site('198.51.100.1'), 403],
]

/** More fields than that Node refuses itself, over HTTP/2. RFC 9113 §10.5.1 */
const isNodes = (headers: Headers): boolean => Object.keys(headers).length > 128

await onEachHost('weaknesses in the handshake, replayed', async (t, begin) => {
  const app = await begin(SPEC)
  for (const [advisories, behaviour, headers, status, path = '/ws'] of handshakes) {
    const what = `${advisories}: ${behaviour}`
    const client = await app.send({ path, headers })
    const answered = await client.readHead().then(
      (head) => head.status,
      () => 'RST_STREAM',
    )
    t.equal(answered, isOverHttp2 && isNodes(headers) ? 'RST_STREAM' : status, what)
    if (status === 101) client.write(Buffer.concat([HI, BYE]))
    if (status === 101) t.same(await client.readToEnd(), ['text hi', 'close 1000', 'fin'], what)
    client.destroy()
    await servesOthers(t, app, what)
  }
})

type FrameCase = [
  advisories: string,
  behaviour: string,
  sent: Buffer[],
  answer: string,
  headers?: Headers,
  path?: string,
]

const length = (bytes: string): Buffer => hex(`82ff${bytes}00000000`)

const frames: FrameCase[] = [
  ['CVE-2016-10542 (ws)', 'a payload that no memory holds', [length('0000010000000000')], 'close 1009'],
  [
    'CVE-2020-27813 (gorilla)',
    'a length that is negative where it has a sign',
    [hex('82ffffffffffffffffff')],
    'close 1002',
  ],
  [
    'CVE-2020-27813 (gorilla)',
    'a length that overflows when it is added to what there is',
    [part(2, 'a'), hex('80ff7fffffffffffffff00000000')],
    'close 1009',
  ],
  ['CVE-2026-1528 (undici)', 'a length of 64 bits, the largest', [length('7fffffffffffffff')], 'close 1009'],
  [
    'CVE-2026-54466 (websocket-driver)',
    'a length that a number cannot hold',
    [length('0020000000000001')],
    'close 1009',
  ],
  [
    'CVE-2026-48779 (ws), CVE-2026-12151 (undici)',
    'a message in parts without end, each of them empty',
    [part(1, ''), Buffer.concat(Array(16_384).fill(part(0, '')))],
    'close 1008',
  ],
  [
    'CVE-2018-1000518 (websockets), CVE-2026-1526 (undici)',
    'few bytes that become very many',
    [clientFrame(1, BOMB, { rsv1: true })],
    'close 1009',
    DEFLATE,
  ],
  [
    'CVE-2026-54490 (websocket-driver)',
    'a message that is within the limit before it is inflated, in parts',
    [
      part(1, BOMB.subarray(0, 9_000), true),
      part(0, BOMB.subarray(9_000, 18_000)),
      clientFrame(0, BOMB.subarray(18_000)),
    ],
    'close 1009',
    DEFLATE,
  ],
  ['CVE-2022-39386 (@fastify/websocket)', 'reserved bits, and nobody listens to errors', [hex('a200')], 'close 1002'],
  ['CVE-2022-21676 (engine.io)', 'a wrong frame in the packet of the handshake', [hex('b182')], 'close 1002'],
  [
    'CVE-2024-38355 (socket.io)',
    'what a peer does wrong is no error that somebody has to listen to',
    [clientFrame(8, Buffer.of(0))],
    'close 1002',
  ],
  [
    'CVE-2023-32695 (socket.io-parser)',
    'a message at which its handler throws',
    [clientFrame(1, '{"text":1}'), BYE],
    'close 1011',
    {},
    '/json',
  ],
]

await onEachHost('weaknesses in frames, replayed', async (t, begin) => {
  const app = await begin(SPEC)
  for (const [advisories, behaviour, sent, answer, headers = {}, path = '/ws'] of frames) {
    const what = `${advisories}: ${behaviour}`
    const client = await app.open({ headers, path }, ...sent)
    t.same(await client.readToEnd(), [answer, 'fin'], what)
    await servesOthers(t, app, what)
  }
})

await onEachHost('CVE-2022-41940 (engine.io): a client that vanishes during its handshake', async (t, begin) => {
  const pending: AbortSignal[] = []
  const hooks = [({ signal }: { signal: AbortSignal }) => new Promise(() => pending.push(signal))]
  const app = await begin({ routes: { '/ws': echo, '/held': { hooks, handler: echo } } })
  for (const path of ['/nowhere', '/http', '/held', '/ws']) {
    const client = await app.send({ path })
    if (path === '/held') while (pending.length === 0) await new Promise(setImmediate)
    client.reset()
    await servesOthers(t, app, path)
  }
  await app.settled()
  t.same(
    pending.map(({ aborted }) => aborted),
    [true],
  )
})

await onEachHost('CVE-2026-1527 (undici): no line of a header is made up by what is chosen', async (t, begin) => {
  const protocols: AppOptions['protocols'] = () => 'a\r\nset-cookie: p=1'
  const app = await begin({ options: { protocols }, routes: { '/ws': echo } })
  const client = await app.send({ headers: { 'sec-websocket-protocol': 'a' } })
  const { status, headers } = await client.readHead()
  t.same([status, headers['set-cookie']], [500, undefined])
})
