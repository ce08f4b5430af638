import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { TestClock } from '../../adapters/testing-clock.ts'

t.test('it stands still until it is advanced', async (t) => {
  const clock = new TestClock(1_000_000)
  t.equal(clock.now(), 0)
  t.equal(clock.today(), 1_000_000)
  await turn()
  t.equal(clock.now(), 0)
  await clock.advance(1_500)
  t.equal(clock.now(), 1_500)
  t.equal(clock.today(), 1_001_500)
  await clock.advance(0)
  t.equal(clock.now(), 1_500)
})

t.test('timers fire when they are due, in order, each at its own time', async (t) => {
  const clock = new TestClock()
  const told: string[] = []
  const tell = (name: string) => () => void told.push(`${name} ${clock.now()}`)
  clock.setTimeout(tell('late'), 300)
  clock.setTimeout(tell('early'), 100)
  const every = clock.setInterval(tell('every'), 120)
  const never = clock.setTimeout(tell('never'), 50)
  never.cancel()
  await clock.advance(299)
  t.same(told, ['early 100', 'every 120', 'every 240'])
  await clock.advance(1)
  t.same(told.slice(3), ['late 300'])
  t.equal(clock.timers, 1)
  every.cancel()
  await clock.advance(1_000)
  t.equal(told.length, 4)
  t.equal(clock.timers, 0)
})

t.test('what a timer starts has turns of the event loop before the next timer fires', async (t) => {
  const clock = new TestClock()
  const told: string[] = []
  clock.setTimeout(async () => {
    await turn()
    await turn()
    told.push('answered')
  }, 100)
  clock.setTimeout(() => void told.push('timed out'), 101)
  await clock.advance(200)
  t.same(told, ['answered', 'timed out'])
})

t.test('a timer that a timer sets fires in the same advance, if its time is within', async (t) => {
  const clock = new TestClock()
  const told: number[] = []
  clock.setTimeout(() => clock.setTimeout(() => void told.push(clock.now()), 100), 100)
  await clock.advance(250)
  t.same(told, [200])
})

t.test('mistakes', async (t) => {
  const clock = new TestClock()
  for (const ms of [-1, NaN, Infinity, '5', undefined]) {
    await t.rejects(clock.advance(ms as number), { name: 'RangeError', message: /advance\(\) takes milliseconds/ })
  }
  const first = clock.advance(10)
  await t.rejects(clock.advance(10), /write await clock\.advance/)
  await first
  t.equal(clock.now(), 10)

  clock.setTimeout(() => {
    throw new Error('from a timer')
  }, 5)
  await t.rejects(clock.advance(10), /from a timer/)
  await clock.advance(10)
  t.equal(clock.now(), 25, 'and it can be advanced again')
})
