import t from 'tap'
import { Outbox } from '../src/outbox.ts'
import { ownCopy } from '../src/own-copy.ts'
import { FIN } from '../src/protocol/frame-writer.ts'
import { Opcode } from '../src/protocol/opcode.ts'
import { settle } from './support/open.ts'
import { type End, pair } from './support/pair.ts'
import { FrameReader } from './support/peer.ts'

interface Setup {
  readonly outbox: Outbox
  readonly transport: End
  readonly received: Buffer[]
  sent(): number
  text(data: string): void
}

function setUp(): Setup {
  const [transport, far] = pair()
  const received: Buffer[] = []
  far.on('data', (chunk: Buffer) => received.push(chunk))
  transport.on('error', () => undefined)
  let sent = 0
  const outbox = new Outbox(transport, {
    onLooked: () => undefined,
    onSent: () => void sent++,
    onUnsent: () => undefined,
  })
  return { outbox, transport, received, sent: () => sent, text: (data) => outbox.addText(FIN, Opcode.Text, data) }
}

const framesOf = (chunks: Buffer[]): string[] =>
  new FrameReader().read(Buffer.concat(chunks)).map(({ payload }) => payload.toString())

t.test('the frames of one turn leave in one write, of one buffer', async (t) => {
  const { outbox, transport, received, text, sent } = setUp()
  for (let i = 0; i < 100; i++) text(`${i}`)
  outbox.addFrame(FIN, Opcode.Binary, Buffer.from('bytes'))
  t.equal(transport.writes.length, 0)
  await settle()
  t.same(
    transport.writes.map((chunks) => chunks.length),
    [1],
  )
  t.same(framesOf(received), [...Array.from({ length: 100 }, (_, at) => `${at}`), 'bytes'])
  t.equal(sent(), 1)
  t.equal(outbox.unsentBytes, 0)
})

t.test('in a loop over connections, their frames leave in one buffer, which is the same for all', async (t) => {
  const outboxes = [setUp(), setUp(), setUp()]
  for (let i = 0; i < 10; i++) {
    const prepared = Buffer.from([0x81, 1, 0x61 + i])
    for (const { outbox } of outboxes) outbox.addRaw(prepared)
  }
  outboxes[2].text('own')
  await settle()
  const writes = outboxes.map(({ transport }) => transport.writes)
  t.same(
    writes.map((one) => one.map((chunks) => chunks.length)),
    [[1], [1], [1]],
  )
  t.equal(writes[0][0][0], writes[1][0][0])
  const said = outboxes.map(({ received }) => framesOf(received).join(''))
  t.same(said, ['abcdefghij', 'abcdefghij', 'abcdefghijown'])
})

t.test('large payloads are not copied', async (t) => {
  const { outbox, transport } = setUp()
  const [large, prepared] = [Buffer.alloc(9_000, 'l'), Buffer.alloc(9_000, 'p')]
  outbox.addFrame(FIN, Opcode.Binary, large)
  outbox.addRaw(prepared)
  await settle()
  t.same(
    transport.writes.map((chunks) => chunks.map((chunk) => chunk === large || chunk === prepared)),
    [[false, true, true]],
  )
})

t.test('a turn that is marked ends where it is said to end', async (t) => {
  const { outbox, transport, text } = setUp()
  outbox.beginTurn()
  text('a')
  await settle()
  t.equal(transport.writes.length, 0)
  text('b')
  outbox.endTurn()
  t.equal(transport.writes.length, 1)
})

t.test('a long turn does not wait for its end', async (t) => {
  const { outbox, transport, text } = setUp()
  outbox.beginTurn()
  for (let i = 0; i < 9; i++) text('x'.repeat(8_000))
  t.equal(transport.writes.length, 1, 'from 64 KiB on')
  outbox.endTurn()
})

t.test('a connection that stays small is not disturbed by others between its frames', async (t) => {
  const [a, b] = [setUp(), setUp()]
  for (let i = 0; i < 5; i++) {
    a.text(`a${i}`)
    b.text(`b${i}`)
  }
  await settle()
  t.same(framesOf(a.received), ['a0', 'a1', 'a2', 'a3', 'a4'])
  t.same(framesOf(b.received), ['b0', 'b1', 'b2', 'b3', 'b4'])
  t.equal(a.transport.writes.length, 1)
})

t.test('order: small, large, prepared and text beyond ASCII', async (t) => {
  const { outbox, received, text } = setUp()
  const sent = ['a', 'b'.repeat(8_192), 'c'.repeat(8_193), '€'.repeat(100), 'd'.repeat(70_000), '€'.repeat(30_000), 'e']
  for (const data of sent) text(data)
  outbox.addRaw(Buffer.from('8101ff', 'hex').fill('f', 2))
  for (const data of sent) outbox.addFrame(FIN, Opcode.Binary, Buffer.from(data))
  await settle(20)
  t.same(framesOf(received), [...sent, 'f', ...sent])
})

t.test('the header of a large frame is right wherever the shared memory ends', async (t) => {
  const SHARED = 65_536
  for (let gap = 0; gap < 12; gap++) {
    const { outbox, transport, received, text } = setUp()
    const expected: string[] = []
    const send = async (data: string): Promise<number> => {
      text(data)
      expected.push(data)
      await settle(1)
      const last = transport.writes.flat().at(-1) as Buffer
      return SHARED - gap - (last.byteOffset + last.length)
    }
    let left = await send('')
    if (left < 0) left = await send('a new one')
    while (left > 140) left = await send('x'.repeat(Math.min(8_000, left - 140)))
    if (left > 100) left = await send('y'.repeat(50))
    t.equal(await send('z'.repeat(left - 2)), 0, `${gap} bytes are left`)
    outbox.addFrame(FIN, Opcode.Binary, Buffer.alloc(8_193, 'l'))
    await settle()
    t.same(framesOf(received), [...expected, 'l'.repeat(8_193)])
  }
})

t.test('small payloads are copied, large ones go out as they are', async (t) => {
  const { outbox, transport } = setUp()
  const [small, large] = [Buffer.alloc(8_192, 1), Buffer.alloc(8_193, 2)]
  transport.hold()
  outbox.addFrame(FIN, Opcode.Binary, small)
  outbox.addFrame(FIN, Opcode.Binary, large)
  await settle()
  const memory = transport.writes.flat().map(({ buffer }) => buffer)
  t.notOk(memory.includes(small.buffer))
  t.ok(memory.includes(large.buffer))
})

t.test('no byte that was handed to the transport is written again', async (t) => {
  const setups = [setUp(), setUp(), setUp()]
  const snapshots: [chunk: Buffer, copy: Buffer][] = []
  for (const { transport } of setups) transport.hold()
  for (let i = 0; i < 400; i++) {
    const { outbox, text, transport } = setups[i % 3]
    text(`${i}`.repeat(i % 300))
    if (i % 7 === 0) outbox.addFrame(FIN, Opcode.Binary, Buffer.alloc(i * 20, i))
    if (i % 5 === 0) await settle(1)
    for (const chunk of transport.writes.flat().slice(-2)) snapshots.push([chunk, Buffer.from(chunk)])
    if (i % 20 === 0) transport.releaseOne()
  }
  for (const { transport } of setups) transport.release()
  await settle(50)
  t.ok(snapshots.length > 200)
  t.ok(snapshots.every(([chunk, copy]) => chunk.equals(copy)))
})

t.test('while the transport is stuck, frames gather and leave together', async (t) => {
  const { outbox, transport, text, received } = setUp()
  transport.hold()
  text('first')
  await settle()
  t.equal(outbox.isStuck, true)
  for (let i = 0; i < 50; i++) {
    text(`${i}`)
    await settle(1)
  }
  t.equal(transport.writes.length, 1)
  t.ok(outbox.unsentBytes > 150)
  transport.release()
  await settle()
  t.equal(transport.writes.length, 2)
  t.equal(framesOf(received).length, 51)
  t.equal(outbox.isStuck, false)
})

t.test('what waits behind a stuck transport keeps no memory alive but its own', async (t) => {
  const [stuck, busy] = [setUp(), setUp()]
  stuck.transport.hold()
  for (let i = 0; i < 200; i++) {
    stuck.text(`${i}`)
    busy.text('x'.repeat(8_000)) // takes the rest of the memory that small frames share
    if (i === 100) stuck.outbox.addRaw(ownCopy(Buffer.from('8101ff', 'hex').fill('r', 2)))
    await settle(1)
  }
  stuck.transport.release()
  await settle()
  const waiting = stuck.transport.writes.slice(1).flat()
  const memory = new Set(waiting.map(({ buffer }) => buffer))
  const kept = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0)
  t.ok(kept < 2_000, `${kept} bytes for ${waiting.length} chunks`)
  const order = Array.from({ length: 200 }, (_, at) => `${at}`)
  t.same(framesOf(stuck.received), [...order.slice(0, 101), 'r', ...order.slice(101)])
})

t.test('large chunks are cut, so that a slow peer makes visible progress', async (t) => {
  const { outbox, transport, received, sent } = setUp()
  transport.hold()
  const payload = Buffer.alloc(6_000_000, 7)
  outbox.addFrame(FIN, Opcode.Binary, payload)
  await settle()
  t.ok(transport.writes.flat().every(({ length }) => length <= 1_310_720))
  const total = outbox.unsentBytes
  let before = 0
  for (let i = 0; i < 3; i++) {
    transport.releaseOne()
    await settle()
    t.ok(outbox.writtenBytes > before && outbox.writtenBytes < total, `${outbox.writtenBytes}`)
    before = outbox.writtenBytes
  }
  transport.release()
  await settle(30)
  t.equal(outbox.writtenBytes, total)
  t.ok(Buffer.concat(received).subarray(10).equals(payload))
  t.ok(sent() >= 5)
})

t.test('callbacks are told when what was added before them is written', async (t) => {
  const { outbox, transport, text } = setUp()
  const told: string[] = []
  transport.hold()
  text('a')
  outbox.onWritten(() => void told.push('a'))
  await settle()
  text('b')
  outbox.onWritten(() => void told.push('b'))
  outbox.onWritten(() => void told.push('b again'))
  transport.hold()
  transport.releaseOne()
  await settle()
  t.same(told, ['a'])
  transport.releaseOne()
  await settle()
  t.same(told, ['a', 'b', 'b again'])
})

t.test('drop tells all who wait, in order, and forgets everything', async (t) => {
  const { outbox, transport, text } = setUp()
  const told: unknown[] = []
  transport.hold()
  text('a')
  outbox.onWritten((error) => void told.push(error))
  await settle()
  text('b')
  outbox.onWritten((error) => void told.push(error))
  const gone = new Error('gone')
  transport.destroy()
  outbox.drop(() => gone)
  await settle()
  t.same(told, [gone, gone], 'what was under way is not said to be out')
  t.equal(outbox.unsentBytes, 0)
})

t.test('end: FIN goes out behind everything', async (t) => {
  const { outbox, transport, text, received } = setUp()
  transport.hold()
  text('a')
  outbox.addFrame(FIN, Opcode.Binary, Buffer.alloc(3_000_000))
  outbox.end()
  await settle()
  t.equal(transport.writableEnded, false)
  transport.release()
  await settle(20)
  t.equal(transport.writableFinished, true)
  t.equal(framesOf(received).length, 2)
})

t.test('many callbacks cost linear time: in quadratic time this would not end', async (t) => {
  const { outbox, transport, text } = setUp()
  transport.hold()
  let count = 0
  for (let i = 0; i < 100_000; i++) {
    text('')
    outbox.onWritten(() => void count++)
  }
  transport.release()
  await settle(20)
  t.equal(count, 100_000)
})

t.test(
  'what was unsent at most is remembered: while it still is, when it is written, and when it never will be',
  async (t) => {
    const { outbox, transport, text } = setUp()
    t.equal(outbox.highestUnsentBytes, 0)
    transport.hold()
    text('a'.repeat(98)) // 100 bytes of frame
    t.equal(outbox.highestUnsentBytes, 100)
    await settle()
    text('b'.repeat(48))
    await settle()
    transport.releaseOne()
    await settle()
    t.equal(outbox.unsentBytes, 50)
    t.equal(outbox.highestUnsentBytes, 150)
    text('c')
    await settle()
    t.equal(outbox.highestUnsentBytes, 150, 'less than that is no news')
    text('d'.repeat(196))
    transport.destroy()
    await settle()
    t.equal(outbox.highestUnsentBytes, 253)
  },
)
