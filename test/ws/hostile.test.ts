/** Bytes of clients that mean no good: each ends its own connection, and the next client is served. */

import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { constants, deflateRawSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { WebSocketServer } from '../../adapters/ws.ts'
import { type Changes, handshake } from '../hosts/raw-client.ts'
import { clientFrame } from '../protocol/wire.ts'
import { ask, listen, status } from './serving.ts'

const field = (name: string, value: string | string[]): Buffer => handshake({ headers: { [name]: value } })

const HANDSHAKES: [what: string, bytes: Buffer | string, status: number][] = [
  ['two keys', field('sec-websocket-key', ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ==']), 400],
  ['a key of 15 bytes', field('sec-websocket-key', 'dGhlIHNhbXBsZSBub25j'), 400],
  ['a version in hexadecimal', field('sec-websocket-version', '0xd'), 426],
  ['a body', field('content-length', '5'), 400],
  ['a body in chunks', field('transfer-encoding', 'chunked'), 400],
  [
    'a thousand subprotocols',
    field('sec-websocket-protocol', Array.from({ length: 1_000 }, (_, n) => `p${n}`).join()),
    400,
  ],
  ['an extension that is none', field('sec-websocket-extensions', 'permessage-deflate; ='), 400],
  ['a window of nothing', field('sec-websocket-extensions', 'permessage-deflate; server_max_window_bits=99'), 101],
  ['HTTP/1.0', handshake({ version: '1.0' }), 505],
  ['a URL that is none', handshake({ path: '//[' }), 101],
  ['no HTTP', 'hello\r\n\r\n', 400],
]

const OPTIONS = { perMessageDeflate: true, maxPayload: 1_000 }

for (const [what, bytes, expected] of HANDSHAKES) {
  t.test(`handshake with ${what}: ${expected}`, async (t) => {
    const { server, port } = await listen(t, OPTIONS)
    const client = await ask(t, port, Buffer.from(bytes))
    t.equal((await client.readHead()).status, expected)
    client.reset()
    await isServed(t, server, port)
  })
}

t.test('handshakes that are cut off at each of their bytes', async (t) => {
  const { server, port } = await listen(t, OPTIONS)
  const whole = handshake()
  for (let length = 1; length < whole.length; length += 7) {
    const client = await ask(t, port, whole.subarray(0, length))
    await turn()
    client.reset()
  }
  await isServed(t, server, port)
})

t.test('a client that resets at every step of a handshake that is decided later', async (t) => {
  const { server, port } = await listen(t, { verifyClient: (_info, decide) => setImmediate(decide, true) })
  for (let steps = 0; steps < 6; steps++) {
    const client = await ask(t, port, {})
    for (let step = 0; step < steps; step++) await turn()
    client.reset()
  }
  await isServed(t, server, port)
})

/** What inflates to a hundred times more than may be. RFC 7692 §7.2.1 */
const BOMB = deflateRawSync('x'.repeat(100_000), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

const FRAMES: [what: string, bytes: Buffer, seen: string][] = [
  ['a length of 2^62', Buffer.from('82ff4000000000000000' + '00000000', 'hex'), 'close 1009'],
  ['a message over maxPayload, in parts', parts(11, 100), 'close 1009'],
  ['frames without a mask', Buffer.from('8100', 'hex'), 'close 1002'],
  ['compressed data that is broken', clientFrame(1, Buffer.from('ffffff', 'hex'), { rsv1: true }), 'close 1007'],
  ['a compressed message over maxPayload', clientFrame(1, BOMB, { rsv1: true }), 'close 1009'],
  ['RSV2', Buffer.from('a18000000000', 'hex'), 'close 1002'],
]

for (const [what, bytes, seen] of FRAMES) {
  t.test(`${what}: ${seen}`, async (t) => {
    const { server, port } = await listen(t, OPTIONS)
    const offer: Changes = { headers: { 'sec-websocket-extensions': 'permessage-deflate' } }
    const closed = new Promise((resolve) => server.once('connection', (socket) => socket.on('close', resolve)))
    const client = await ask(t, port, offer, bytes)
    await client.readHead()
    t.equal((await client.readToEnd())[0], seen)
    client.reset()
    await closed
    await isServed(t, server, port)
  })
}

function parts(count: number, size: number): Buffer {
  return Buffer.concat([
    clientFrame(1, 'x'.repeat(size), { fin: false }),
    ...Array.from({ length: count }, () => clientFrame(0, 'x'.repeat(size), { fin: false })),
  ])
}

async function isServed(t: Test, server: WebSocketServer, port: number): Promise<void> {
  const connected = once(server, 'connection')
  t.equal(await status(t, port), 101)
  await connected
}
