import t from 'tap'
import { ownCopy } from '../src/own-copy.ts'

t.test('the same bytes, and no memory but theirs', async (t) => {
  for (const text of ['', 'a', 'a'.repeat(5_000)]) {
    const copy = ownCopy(Buffer.from(text))
    t.equal(copy.toString(), text)
    t.equal(copy.buffer.byteLength, text.length)
  }
})
