/** What comes in takes turns with what comes in elsewhere; compressed messages keep their order, and end when their peer does. */

import { constants, deflateRawSync } from 'node:zlib'
import t from 'tap'
import { Budget } from '../src/budget.ts'
import { COMPRESSION_DEFAULTS } from '../src/defaults.ts'
import { acceptDeflate, type DeflateAgreement } from '../src/extensions/deflate-offer.ts'
import { PermessageDeflate } from '../src/extensions/permessage-deflate.ts'
import { clientFrame } from './protocol/wire.ts'
import { type Opened, type OpenOptions, open, settle } from './support/open.ts'

const MIB = 1_048_576
const finishFlush = constants.Z_SYNC_FLUSH
const deflated = (data: string | Buffer): Buffer => deflateRawSync(data, { finishFlush }).subarray(0, -4)
const compressed = (data: string | Buffer, opcode = 1): Buffer => clientFrame(opcode, deflated(data), { rsv1: true })
/** Takes several turns. */
const LARGE = compressed(Buffer.alloc(3 * MIB, 'l'), 2)
const PING = clientFrame(9, 'p')
const BYE = clientFrame(8, Buffer.of(3, 232))

function extension(contextTakeover = false): PermessageDeflate {
  const agreement = acceptDeflate([{ name: 'permessage-deflate', params: [] }], { contextTakeover, windowBits: 15 })
  return new PermessageDeflate(agreement as DeflateAgreement, COMPRESSION_DEFAULTS)
}

/** A connection, and all that its handler is told: messages by their text or length, pings, the end. */
function listen(options: OpenOptions = {}): Opened & { told: string[] } {
  const settings = { maxMessageBytes: 16 * MIB, ...options.settings }
  const opened = open({ extension: extension(), ...options, settings })
  const told: string[] = []
  opened.socket.on('message', (data) => void told.push(data.length > 30 ? `${data.length}` : data.toString()))
  opened.socket.on('ping', () => void told.push('ping'))
  opened.socket.on('close', (code) => void told.push(`close ${code}`))
  return { ...opened, told }
}

t.test('what takes several turns holds everything behind it: the order stays', async (t) => {
  for (const cut of [Infinity, 5_000, 100]) {
    const { peer, told } = listen()
    const stream = Buffer.concat([
      compressed('before'),
      LARGE,
      PING,
      clientFrame(1, 'plain'),
      LARGE,
      compressed('after'),
      BYE,
    ])
    for (let at = 0; at < stream.length; at += cut) peer.raw(stream.subarray(at, Math.min(at + cut, stream.length)))
    await settle(60)
    t.same(
      told,
      ['before', `${3 * MIB}`, 'ping', 'plain', `${3 * MIB}`, 'after', 'close 1000'],
      `cut every ${cut} bytes`,
    )
    t.same(peer.log, ['pong p', 'close 1000'])
  }
})

t.test('a FIN right behind it: everything is delivered first', async (t) => {
  const { peer, told } = listen()
  peer.raw(Buffer.concat([LARGE, compressed('last')]))
  peer.hangUp()
  await settle(60)
  t.same(told, [`${3 * MIB}`, 'last', 'close 1006'])
})

t.test('many that are small on the wire are done in turns, too', async (t) => {
  const { peer, told, transport } = listen()
  peer.raw(Buffer.concat(Array.from({ length: 50 }, () => compressed(Buffer.alloc(200_000), 2))))
  await settle(1)
  t.ok(told.length < 20, `${told.length} in the first turns`)
  t.ok(transport.isPaused())
  await settle(60)
  t.equal(told.length, 50)
  t.notOk(transport.isPaused())
})

t.test('what comes in and makes nothing has its price', async (t) => {
  const { peer, told } = listen()
  const nothing = clientFrame(2, Buffer.alloc(30_000, Buffer.from('000000ffff', 'hex')).subarray(0, 29_996), {
    rsv1: true,
  })
  peer.raw(Buffer.concat([nothing, nothing, nothing]))
  await settle(1)
  t.ok(told.length <= 2, `${told.length} in the first turns`)
  await settle(20)
  t.equal(told.length, 3)
})

t.test('whoever leaves in the middle: one close, no message after it, and nothing is held', async (t) => {
  for (const contextTakeover of [false, true]) {
    for (const how of ['terminate', 'close', 'reset'] as const) {
      const budget = new Budget(Infinity, [])
      const { peer, told, socket, pass, clock } = listen({ budget, extension: extension(contextTakeover) })
      peer.raw(Buffer.concat([LARGE, compressed('never')]))
      await settle(1)
      if (how === 'reset') peer.end.reset()
      else socket[how]()
      await pass(30_000)
      const closes = told.filter((one) => one.startsWith('close'))
      t.equal(closes.length, 1, `${how}, contextTakeover ${contextTakeover}`)
      t.equal(told.at(-1), closes[0])
      t.same([budget.heldBytes, clock.timers], [0, 0])
    }
  }
})

t.test('what is being inflated is charged', async (t) => {
  const budget = new Budget(Infinity, [])
  const { peer, told } = listen({ budget })
  peer.raw(LARGE)
  await settle(1)
  t.ok(budget.heldBytes > MIB, `${budget.heldBytes}`)
  await settle(60)
  t.same([told.length, budget.heldBytes], [1, 0])
})

const refused: [rule: string, frames: Buffer[], answer: RegExp, options?: OpenOptions][] = [
  ['§7.2.2 broken data', [clientFrame(1, Buffer.from('ffffff', 'hex'), { rsv1: true })], /^close 1007/],
  [
    '§7.2.2 broken data in the end of a large message',
    [clientFrame(2, deflated(Buffer.alloc(3 * MIB)).subarray(0, -2), { rsv1: true })],
    /^close 1007/,
  ],
  ['RFC 6455 §8.1 text that is none', [compressed(Buffer.of(0xc3))], /^close 1007/],
  ['RFC 6455 §8.1 large text that is none', [compressed(Buffer.alloc(3 * MIB, 0xff))], /^close 1007/],
  [
    '§6 RSV1 on a continuation',
    [clientFrame(1, 'a', { fin: false }), clientFrame(0, 'b', { rsv1: true })],
    /^close 1002/,
  ],
  ['§6 RSV1 on a ping', [clientFrame(9, '', { rsv1: true })], /^close 1002/],
  ['RFC 6455 §5.2 RSV1 without an agreement', [compressed('a')], /^close 1002/, { extension: undefined as never }],
  [
    'RFC 6455 §10.4 the limit is that of what it inflates to',
    [compressed(Buffer.alloc(MIB + 1), 2)],
    /^close 1009/,
    { settings: { maxMessageBytes: MIB } },
  ],
]

for (const [rule, frames, answer, options] of refused) {
  t.test(rule, async (t) => {
    const { peer, told } = listen(options)
    peer.raw(Buffer.concat(frames))
    await settle(60)
    t.match(peer.log, [answer])
    t.same(told, ['close 1006'])
  })
}

const floods: [what: string, frame: Buffer, event: 'message' | 'ping'][] = [
  ['messages', clientFrame(1, 'a'), 'message'],
  ['pings', clientFrame(9, ''), 'ping'],
]

for (const [what, frame, event] of floods) {
  t.test(`a flood of ${what} gives way to the others after 512 frames`, async (t) => {
    const flooded = open()
    const other = open()
    let count = 0
    flooded.socket.on(event as 'message', () => void count++)
    const seen: number[] = []
    other.socket.on('message', () => void seen.push(count))
    flooded.peer.raw(Buffer.alloc(42 * 512, frame))
    let before = 0
    for (let turns = 0; turns < 16; turns++) {
      other.peer.text('a')
      await settle(1)
      t.ok(count - before <= 512, `${count - before} in one turn`)
      before = count
    }
    t.equal(count, Math.floor((42 * 512) / frame.length))
    t.ok(new Set(seen).size > 3, 'others are served between')
  })
}

t.test('large messages give way after 1 MiB, and slow ones are not made to wait', async (t) => {
  const { socket, peer } = open()
  const seen: number[] = []
  socket.on('message', (data) => void seen.push(data.length))
  const stream = Buffer.concat(Array.from({ length: 40 }, () => clientFrame(2, Buffer.alloc(65_000))))
  peer.raw(stream)
  await settle(1)
  t.ok(seen.length >= 15 && seen.length <= 18, `${seen.length} messages in the first turn`)
  await settle(8)
  t.equal(seen.length, 40)
})

t.test('whoever has broken the protocol is read to the end', async (t) => {
  const { peer, closes, transport } = open({ settings: { closeTimeoutMs: 60_000 } })
  peer.raw(Buffer.concat([clientFrame(0, ''), Buffer.alloc(3 * MIB)]))
  await settle(8)
  t.equal(transport.isPaused(), false)
  peer.hangUp()
  await settle()
  t.same(closes, ['1006'])
})

t.test('many connections that inflate at once share a turn', async (t) => {
  const all = Array.from({ length: 20 }, () => listen())
  for (const { peer } of all) peer.raw(compressed(Buffer.alloc(900_000, 'm'), 2))
  await settle(1)
  const first = all.filter(({ told }) => told.length > 0).length
  t.ok(first > 0 && first < 10, `${first} in the first turn`)
  await settle(40)
  for (const { told } of all) t.same(told, ['900000'])
})

t.test('many connections that flood at once share a turn, and whoever sends little is not made to wait', async (t) => {
  const flooding = Array.from({ length: 100 }, () => open())
  const honest = open()
  let frames = 0
  for (const { socket, peer } of flooding) {
    socket.on('ping', () => void frames++)
    peer.raw(Buffer.alloc(6 * 512, clientFrame(9, '')))
  }
  const seen: number[] = []
  honest.socket.on('message', () => void seen.push(frames))
  honest.peer.text('a')
  await settle(1)
  t.ok(frames < 16_384 + 100 * 8 + 2 * 512, `${frames} frames in the first turn`)
  t.equal(seen.length, 1)
  await settle(120)
  t.equal(frames, 100 * 512)
})

t.test('what floods in small pieces, as TLS makes them, counts as well', async (t) => {
  const flooding = Array.from({ length: 100 }, () => open())
  let frames = 0
  for (const { socket, peer } of flooding) {
    socket.on('ping', () => void frames++)
    for (let pieces = 0; pieces < 100; pieces++) peer.raw(Buffer.alloc(6 * 5, clientFrame(9, '')))
  }
  await settle(1)
  t.ok(frames < 16_384 + 100 * 16 + 2 * 512, `${frames} frames in the first turn`)
  await settle(120)
  t.equal(frames, 100 * 500)
})

t.test('many connections that send large messages at once share a turn', async (t) => {
  const all = Array.from({ length: 80 }, () => open())
  let bytes = 0
  for (const { socket, peer } of all) {
    socket.on('message', (data) => {
      bytes += data.length
    })
    for (let reads = 0; reads < 16; reads++) peer.raw(clientFrame(2, Buffer.alloc(60_000)))
  }
  await settle(1)
  t.ok(bytes < 32 * MIB + 80 * 65_536 + 2 * MIB, `${bytes} bytes in the first turn`)
  await settle(160)
  t.equal(bytes, 80 * 16 * 60_000)
})

t.test('many that go on when it is too late share a turn as well, and are read to the end', async (t) => {
  const all = Array.from({ length: 80 }, () => open())
  let bytes = 0
  for (const { peer, transport } of all) {
    transport.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    peer.answersClose = false
    peer.raw(BYE)
    for (let reads = 0; reads < 32; reads++) peer.raw(Buffer.alloc(60_000))
  }
  await settle(1)
  t.ok(bytes < 32 * MIB + 80 * 65_536 + 2 * MIB, `${bytes} bytes in the first turn`)
  await settle(240)
  t.equal(bytes, 80 * (BYE.length + 32 * 60_000))
  t.same([...new Set(all.flatMap(({ closes }) => closes))], ['1000'])
})

t.test('whoever sends little is not made to wait for those that flood, however long that goes on', async (t) => {
  const flooding = Array.from({ length: 20 }, () => open())
  const honest = open()
  for (const { peer } of flooding) peer.raw(Buffer.alloc(6 * 512 * 60, clientFrame(9, '')))
  let seen = 0
  honest.socket.on('message', () => void seen++)
  const late: number[] = []
  for (let sent = 1; sent <= 600; sent++) {
    honest.peer.text('a')
    await settle(1)
    if (seen < sent) late.push(sent)
  }
  t.same(late, [])
  for (const { socket } of flooding) socket.terminate()
})
