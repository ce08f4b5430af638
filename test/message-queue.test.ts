import t from 'tap'
import { MessageQueue } from '../src/message-queue.ts'

t.test('first in, first out, and what waits is counted, empty messages too', async (t) => {
  const queue = new MessageQueue()
  const taken: string[] = []
  for (let at = 0; at < 2_000; at++) {
    queue.add(Buffer.from(at % 3 === 0 ? '' : `${at}`), at % 2 === 0)
    if (at % 4 > 0) taken.push(queue.take().data.toString())
  }
  t.equal(queue.length, 500)
  t.ok(queue.bytes > 500 * 160 && queue.bytes < 500 * 200, `${queue.bytes}`)
  while (queue.length > 0) taken.push(queue.take().data.toString())
  const order = Array.from({ length: 2_000 }, (_, at) => (at % 3 === 0 ? '' : `${at}`))
  t.same(taken, order)
  t.equal(queue.bytes, 0)
})

t.test('a small message does not keep the large chunk alive that it came in', async (t) => {
  const queue = new MessageQueue()
  const chunk = Buffer.allocUnsafeSlow(65_536)
  queue.add(chunk.subarray(10, 20), true)
  queue.add(chunk, true)
  t.ok(queue.take().data.buffer.byteLength < 65_536)
  t.equal(queue.take().data.buffer, chunk.buffer, 'a large one is not copied')
})
