import t from 'tap'
import { HandshakeTime } from '../src/handshake-time.ts'
import { FakeClock } from './support/clock.ts'

function begin(): { clock: FakeClock; time: HandshakeTime; over: number[] } {
  const clock = new FakeClock()
  const over: number[] = []
  const time = new HandshakeTime(clock, () => over.push(clock.now()))
  time.start()
  return { clock, over, time }
}

t.test('before it is started there is no timer, and what has passed counts', async (t) => {
  const clock = new FakeClock()
  let over = 0
  const time = new HandshakeTime(clock, () => over++)
  time.limit(1_000)
  t.equal(clock.timers, 0)
  clock.advance(400)
  time.start()
  time.start()
  t.equal(clock.timers, 1)
  clock.advance(599)
  t.equal(over, 0)
  clock.advance(1)
  t.equal(over, 1)
})

t.test('a limit counts from the beginning, and the last one counts', async (t) => {
  const { clock, time, over } = begin()
  const start = clock.now()
  time.limit(1_000)
  clock.advance(600)
  time.limit(2_000)
  clock.advance(1_399)
  t.same(over, [])
  clock.advance(1)
  t.same(over, [start + 2_000])
})

t.test('a limit that has passed is over at once, and none is none', async (t) => {
  const { clock, time, over } = begin()
  clock.advance(500)
  time.limit(Infinity)
  t.equal(clock.timers, 0)
  time.limit(400)
  clock.advance(0)
  t.equal(over.length, 1)
})

t.test('the same limit again is not set again', async (t) => {
  const { clock, time } = begin()
  time.limit(1_000)
  time.limit(1_000)
  t.equal(clock.timers, 1)
  time.cancel()
  t.equal(clock.timers, 0)
  time.start()
  time.limit(1_000)
  t.equal(clock.timers, 1, 'unless it was cancelled')
})

t.test('what is granted counts from now, in place of the limit', async (t) => {
  const { clock, time, over } = begin()
  time.limit(1_000)
  clock.advance(900)
  time.grant(300)
  clock.advance(299)
  t.same([over.length, clock.timers], [0, 1])
  clock.advance(1)
  t.equal(over.length, 1)
})
