/** Compressed messages on their way out: their order, their callbacks, and what goes out as it is. RFC 7692 §7.2.1 */

import { randomBytes } from 'node:crypto'
import { constants, createInflateRaw, inflateRawSync } from 'node:zlib'
import t from 'tap'
import { COMPRESSION_DEFAULTS } from '../src/defaults.ts'
import { acceptDeflate, type DeflateAgreement } from '../src/extensions/deflate-offer.ts'
import { PermessageDeflate } from '../src/extensions/permessage-deflate.ts'
import { prepare } from '../src/prepared.ts'
import { type Opened, open, settle } from './support/open.ts'

const TAIL = Buffer.from('0000ffff', 'hex')
const LARGE = JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id })))
const NOISE = randomBytes(100_000)

function extension(contextTakeover = false, thresholdBytes = 0): PermessageDeflate {
  const offers = [{ name: 'permessage-deflate', params: [] }]
  const agreement = acceptDeflate(offers, { contextTakeover, windowBits: 15 }) as DeflateAgreement
  return new PermessageDeflate(agreement, { ...COMPRESSION_DEFAULTS, thresholdBytes })
}

/** What arrived: control frames by their name, messages by their length or text, a star before those that came compressed. */
function read({ peer }: Opened): string[] {
  return peer.frames.map(({ opcode, rsv1, payload }) => {
    if (opcode >= 8) return opcode === 8 ? 'close' : opcode === 9 ? 'ping' : 'pong'
    const data = rsv1
      ? inflateRawSync(Buffer.concat([payload, TAIL]), { finishFlush: constants.Z_SYNC_FLUSH })
      : payload
    return `${rsv1 ? '*' : ''}${data.length > 30 ? data.length : data.toString()}`
  })
}

t.test('order: small, large, prepared, control frames and the end', async (t) => {
  const opened = open({ extension: extension() })
  const { socket, peer } = opened
  socket.send('small')
  socket.send(LARGE)
  socket.send('behind it')
  socket.send(prepare(LARGE))
  socket.ping()
  socket.send(LARGE, { compress: false })
  socket.send('part', { fin: false })
  socket.send(' of it')
  socket.close(1000)
  t.ok(socket.bufferedAmount > LARGE.length * 3)
  await settle(60)
  const large = `${LARGE.length}`
  t.same(read(opened), ['small', `*${large}`, 'behind it', `*${large}`, 'ping', large, 'part', ' of it', 'close'])
  t.equal(peer.log.at(-1), 'close 1000')
  t.equal(socket.bufferedAmount, 0)
})

t.test('callbacks come in order, and when their message is out, whatever became of its size', async (t) => {
  const { socket, transport } = open({ extension: extension() })
  const told: number[] = []
  transport.hold()
  for (const [at, data] of ['a', LARGE, 'b', NOISE, 'c', LARGE, 'd'].entries())
    socket.send(data, () => void told.push(at))
  await settle(80)
  t.same(told, [])
  for (let before = -1; before !== told.length || transport.releaseOne(); await settle()) before = told.length
  t.same(told, [0, 1, 2, 3, 4, 5, 6])
  t.equal(socket.bufferedAmount, 0)
})

t.test('an empty message is never compressed, and its callback comes when it is out', async (t) => {
  for (const contextTakeover of [false, true]) {
    const opened = open({ extension: extension(contextTakeover) })
    const told: number[] = []
    opened.transport.hold()
    for (const [at, data] of [LARGE, '', LARGE].entries()) opened.socket.send(data, () => void told.push(at))
    opened.socket.send(prepare(''), () => void told.push(3))
    await settle(80)
    t.same(told, [])
    while (opened.transport.releaseOne()) await settle()
    t.same(told, [0, 1, 2, 3])
    t.same(
      opened.peer.frames.map(({ rsv1, payload }) => [rsv1, payload.length > 0]),
      [true, false, true, false].map((is) => [is, is]),
    )
  }
})

t.test('what does not become shorter goes out as it is, if nothing may refer to it', async (t) => {
  const opened = open({ extension: extension() })
  opened.socket.send('x')
  opened.socket.send(NOISE)
  await settle(60)
  t.same(read(opened), ['x', `${NOISE.length}`])
})

t.test('the threshold: met exactly, and one byte less', async (t) => {
  const opened = open({ extension: extension(false, 100) })
  for (const size of [99, 100]) opened.socket.send('x'.repeat(size))
  opened.socket.send('€'.repeat(34))
  await settle()
  t.same(read(opened), ['99', '*100', '*102'], 'in bytes')
})

t.test('with context takeover one stream reads all, large ones and what is sent meanwhile', async (t) => {
  const opened = open({ extension: extension(true) })
  const { socket, peer } = opened
  const sent = ['first', LARGE, 'second', LARGE, 'third', NOISE.toString('hex'), 'last']
  for (const data of sent) socket.send(data)
  socket.send(prepare('prepared'))
  await settle(120)
  t.ok(peer.frames.every(({ rsv1 }) => rsv1))
  const stream = createInflateRaw()
  const received: Buffer[] = []
  stream.on('data', (part: Buffer) => received.push(part))
  for (const { payload } of peer.frames) {
    await new Promise<void>((resolve) => stream.write(Buffer.concat([payload, TAIL]), () => resolve()))
  }
  t.ok(Buffer.concat(received).toString() === [...sent, 'prepared'].join(''))
  t.ok(peer.frames[3].payload.length < peer.frames[1].payload.length, 'what was said before is short')
  stream.close()
})

t.test('a prepared message is compressed once for all that agreed on the same', async (t) => {
  const [shared, other] = [extension(), extension()]
  let taken = 0
  for (const one of [shared, other]) {
    const { takeDeflater } = one
    one.takeDeflater = () => {
      taken++
      return Reflect.apply(takeDeflater, one, [])
    }
  }
  for (const data of ['small '.repeat(10), LARGE]) {
    taken = 0
    const all = [open({ extension: shared }), open({ extension: other }), open()]
    const news = prepare(data)
    for (const { socket } of all) for (let i = 0; i < 3; i++) socket.send(news)
    await settle(40)
    t.same(
      all.map(read),
      ['*', '*', ''].map((star) => Array<string>(3).fill(`${star}${data.length}`)),
    )
    t.equal(taken, 1)
    const plain = open({ extension: shared })
    plain.socket.send(prepare(data, { compress: false }))
    await settle()
    t.same(read(plain), [`${data.length}`])
  }
})

t.test('whoever leaves in the middle leaves nothing behind, and is told so', async (t) => {
  for (const contextTakeover of [false, true]) {
    for (const how of ['terminate', 'reset'] as const) {
      const { socket, peer, closes, clock } = open({ extension: extension(contextTakeover) })
      const told: unknown[] = []
      for (const data of [LARGE, LARGE, 'small']) socket.send(data, (error) => void told.push(error))
      socket.send(prepare(LARGE), (error) => void told.push(error))
      await settle(1)
      if (how === 'terminate') socket.terminate()
      else peer.end.reset()
      await settle(60)
      t.equal(closes.length, 1)
      t.match(told, Array(4).fill({ code: 'WS_CLOSED' }), `contextTakeover ${contextTakeover}, ${how}`)
      t.same([socket.bufferedAmount, clock.timers], [0, 0])
    }
  }
})

t.test('what waits to be compressed counts as unsent', async (t) => {
  const settings = { maxBufferedBytes: 300_000, maxUnsentBytes: 600_000 }
  const { socket, closes } = open({ extension: extension(), settings })
  t.equal(socket.send(LARGE), true)
  t.equal(socket.send(LARGE), false)
  const drained = socket.drained()
  await settle(60)
  await drained
  t.equal(socket.send('goes on'), true)
  for (let i = 0; i < 6; i++) socket.send(LARGE)
  await settle(4)
  t.same(closes, ['1006'], 'the hard limit')
})

t.test('§5.5.3 behind a message that is being compressed, only the newest ping is answered', async (t) => {
  const opened = open({ extension: extension(), settings: { maxBufferedBytes: 300_000 } })
  opened.socket.send(LARGE)
  for (let turn = 0; turn < 3; turn++) {
    for (let i = 0; i < 400; i++) opened.peer.send(9, `${turn} ${i}`)
    await settle(1)
  }
  const before = opened.socket.bufferedAmount
  t.ok(before < LARGE.length + 1_000, `${before}`)
  await settle(60)
  t.ok(read(opened).length < 10, `${read(opened).length} frames`)
  t.equal(opened.peer.log.at(-1), 'pong 2 399')
})

t.test('small frames behind one that is being compressed gather in memory of their own', async (t) => {
  const { socket, peer } = open({ extension: extension(false, 10) })
  socket.send(LARGE)
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 200; i++) {
    socket.send('tiny')
    await new Promise((resolve) => process.nextTick(resolve))
  }
  t.ok(process.memoryUsage().arrayBuffers - before < 200_000)
  await settle(60)
  t.equal(peer.frames.length, 201)
})

t.test('many small messages behind a large one take a few turns, and linear work', async (t) => {
  for (const contextTakeover of [false, true]) {
    const opened = open({ extension: extension(contextTakeover) })
    opened.transport.hold()
    const count = 20_000
    let told = 0
    opened.socket.send(LARGE)
    for (let i = 0; i < count; i++) opened.socket.send('x', () => void told++)
    await settle(20)
    opened.transport.release()
    await settle(20)
    t.equal(told, count)
    t.equal(opened.peer.frames.length, count + 1)
  }
})

t.test('a place costs something, so that many of them are congestion', async (t) => {
  const { socket } = open({ extension: extension(true), settings: { maxBufferedBytes: 400_000 } })
  t.equal(socket.send(LARGE), true)
  let sent = 0
  while (socket.send('x')) sent++
  t.ok(sent < 400_000 / 160, `${sent}`)
})

t.test('a connection has one state at a time, and few of them work at once', async (t) => {
  const shared = extension()
  const { takeDeflater, giveDeflater } = shared
  let taken = 0
  let most = 0
  shared.takeDeflater = () => {
    most = Math.max(most, ++taken)
    return Reflect.apply(takeDeflater, shared, [])
  }
  shared.giveDeflater = (deflater) => {
    taken--
    Reflect.apply(giveDeflater, shared, [deflater])
  }
  const all = Array.from({ length: 40 }, () => open({ extension: shared }))
  for (const { socket } of all) for (let i = 0; i < 3; i++) socket.send(LARGE)
  t.equal(most, 0, 'none before its turn')
  for (const { socket } of all.slice(20)) socket.terminate()
  await settle(400)
  t.ok(most > 1 && most <= 17, `${most} at once`)
  t.equal(taken, 0)
  for (const opened of all.slice(0, 20)) t.same(read(opened), Array<string>(3).fill(`*${LARGE.length}`))
})

t.test('what zlib cannot compress goes out as it is', async (t) => {
  for (const contextTakeover of [false, true]) {
    const broken = extension(contextTakeover)
    const { takeDeflater } = broken
    broken.takeDeflater = () => Object.assign(Reflect.apply(takeDeflater, broken, []), { step: () => 'failed' })
    const opened = open({ extension: broken })
    for (const data of ['small', LARGE, 'behind']) opened.socket.send(data)
    opened.socket.send(prepare(LARGE))
    await settle(20)
    t.same(read(opened), ['small', `${LARGE.length}`, 'behind', `${LARGE.length}`])
    opened.socket.terminate()
  }
})
