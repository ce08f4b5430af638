import t from 'tap'
import { EMPTY, GrowingBuffer } from '../../src/protocol/growing-buffer.ts'

const A = Buffer.from('abcdefgh')

t.test('gives back what was added, in order', async (t) => {
  const growing = new GrowingBuffer(100)
  t.equal(growing.append(A, 0, 3).toString(), 'abc', 'each part is shown in its new place')
  t.equal(growing.append(A, 5, 7).toString(), 'fg')
  t.equal(growing.append(A, 2, 2).length, 0)
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
    for (let added = step; added <= 100_000; added += step) {
      const before = growing.capacity
      growing.append(part, 0, step)
      if (growing.capacity !== before) copied += before
      if (growing.capacity >= 2 * added) t.fail(`${growing.capacity} bytes for ${added}`)
    }
    t.ok(copied < 2 * growing.length, `${step} at a time: ${copied} bytes copied for ${growing.length}`)
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
  t.equal(growing.append(A, 0, 1).buffer.byteLength, 1)
})
