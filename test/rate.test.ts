import t from 'tap'
import { Rate } from '../src/rate.ts'

const limits = { messagesPerSecond: Infinity, bytesPerSecond: Infinity, burstSeconds: 1 }

t.test('R03 messages: a burst is allowed, then as many as come in the time', async (t) => {
  const rate = new Rate({ ...limits, messagesPerSecond: 10, burstSeconds: 2 }, 0)
  for (let i = 0; i < 19; i++) rate.addMessage(0)
  t.equal(rate.waitMs(0), 0)
  rate.addMessage(0)
  t.same([rate.waitMs(0), rate.waitMs(40), rate.waitMs(100)], [100, 60, 0], 'the twentieth is the last')
  t.equal(rate.isExceeded, false)
  rate.addMessage(100)
  rate.addMessage(100)
  t.equal(rate.isExceeded, true)
  rate.addMessage(300)
  t.equal(rate.isExceeded, false)
  rate.addMessage(1_000_000)
  t.equal(rate.waitMs(1_000_000), 0, 'time that nothing came in counts up to the burst')
  for (let i = 0; i < 19; i++) rate.addMessage(1_000_000)
  t.equal(rate.waitMs(1_000_000), 100)
})

t.test('R03 bytes: what was too much is waited for', async (t) => {
  const rate = new Rate({ ...limits, bytesPerSecond: 1_000 }, 0)
  rate.addBytes(1_000, 0)
  t.equal(rate.waitMs(0), 0)
  rate.addBytes(500, 0)
  t.same([rate.isExceeded, rate.waitMs(0), rate.waitMs(500)], [true, 500, 0])
  t.equal(rate.isExceeded, false)
})

t.test('without limits nothing is ever too much', async (t) => {
  const rate = new Rate(limits, 0)
  rate.addBytes(1e12, 0)
  for (let i = 0; i < 1_000; i++) rate.addMessage(0)
  t.same([rate.waitMs(0), rate.isExceeded], [0, false])
})
