import t from 'tap'
import { EMPTY, GrowingBuffer } from '../../src/protocol/growing-buffer.ts'

const A = Buffer.from('abcdefgh')

t.test('gives back what was added, in order', async (t) => {
  const growing = new GrowingBuffer(100)
  growing.append(A, 0, 3)
  growing.extend(2).fill('fg')
  t.equal(growing.extend(0).length, 0)
  t.equal(growing.length, 5)
  t.equal(growing.take().toString(), 'abcfg')
})

t.test('with nothing added it costs nothing', async (t) => {
  t.equal(new GrowingBuffer(1e15).capacity, 0)
  t.equal(new GrowingBuffer(1e15).take(), EMPTY)
})

t.test('stays under twice what was added, and is copied a bounded number of times', async (t) => {
  for (const step of [1, 3, 1000]) {
    const growing = new GrowingBuffer(Number.POSITIVE_INFINITY)
    const part = Buffer.alloc(step)
    let copied = 0
    for (let added = step; added <= 65_536; added += step) {
      const before = growing.capacity
      growing.append(part, 0, step)
      if (growing.capacity !== before) copied += before
      if (growing.capacity >= 2 * added) t.fail(`${growing.capacity} bytes for ${added}`)
    }
    t.ok(copied < 2 * growing.length, `${step} at a time: ${copied} bytes copied for ${growing.length}`)
  }
})

t.test('from 64 KiB on, when memory costs nothing before it is used, it grows faster', async (t) => {
  for (const [maxBytes, expected] of [
    [1_048_576, [32_768, 65_536, 1_048_576]],
    [Infinity, [32_768, 65_536, 1_114_112, 2_228_224, 4_456_448]],
  ] as const) {
    const growing = new GrowingBuffer(maxBytes)
    const capacities = new Set<number>()
    for (let added = 0; added < Math.min(maxBytes, 2_300_000); added += 32_768) {
      growing.append(Buffer.alloc(32_768), 0, 32_768)
      capacities.add(growing.capacity)
    }
    t.same([...capacities], expected)
  }
})

t.test('never takes more than it was allowed, and ends exact when that is full', async (t) => {
  const growing = new GrowingBuffer(5)
  for (let at = 0; at < 5; at++) growing.append(A, at, at + 1)
  t.equal(growing.capacity, 5)
  t.equal(growing.take().toString(), 'abcde')
})

t.test('the memory is its own: no slab of the pool is kept for one byte', async (t) => {
  const growing = new GrowingBuffer(8)
  t.equal(growing.extend(1).buffer.byteLength, 1)
})
