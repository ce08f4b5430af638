/** Compressed messages on their way out: their order, their callbacks, and what goes out as it is. RFC 7692 §7.2.1 */

import { randomBytes } from 'node:crypto'
import { constants, createInflateRaw, inflateRawSync } from 'node:zlib'
import t from 'tap'
import { acceptDeflate, type DeflateAgreement } from '../src/extensions/deflate-offer.ts'
import { PermessageDeflate } from '../src/extensions/permessage-deflate.ts'
import { COMPRESSION_DEFAULTS } from '../src/options.ts'
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
