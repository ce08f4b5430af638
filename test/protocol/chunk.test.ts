import t from 'tap'
import { Chunk } from '../../src/protocol/chunk.ts'

t.test('a view is what subarray gives', async (t) => {
  const bytes = Buffer.from('0123456789').subarray(2)
  const view = new Chunk(bytes).view(1, 4)
  t.ok(Buffer.isBuffer(view))
  t.equal(view.toString(), '345')
  t.equal(view.byteOffset, bytes.subarray(1, 4).byteOffset)
  t.equal(view.buffer, bytes.buffer)
  t.equal(Object.getPrototypeOf(view), Object.getPrototypeOf(bytes.subarray(1, 4)))
})

t.test('the words are made once, and cover all whole words of the memory', async (t) => {
  const chunk = new Chunk(Buffer.from(new ArrayBuffer(11), 3, 8))
  t.equal(chunk.words, chunk.words)
  t.equal(chunk.words.length, 2)
  t.equal(chunk.words.byteOffset, 0)
  t.equal(chunk.origin, 3)
  t.equal(chunk.length, 8)
})

t.test('a chunk is ours, unless it is said to be lent', async (t) => {
  const bytes = Buffer.from('abc')
  t.equal(new Chunk(bytes).isLent, false)
  t.equal(new Chunk(bytes, true).isLent, true)
  t.equal(new Chunk(bytes).bytes, bytes)
})
