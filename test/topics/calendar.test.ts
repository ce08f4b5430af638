import t from 'tap'
import { Calendar } from '../../src/topics/calendar.ts'
import { FakeClock } from '../support/clock.ts'

const HOUR = 3_600_000

function setUp() {
  const clock = new FakeClock()
  const { beganAt } = clock
  const calendar = new Calendar(clock)
  const span = (from: number, to: number): number[] => {
    const { from: first, to: last } = calendar.span(from, to)
    return [first - beganAt, last - beganAt]
  }
  const jump = (ms: number): void => {
    clock.beganAt += ms
  }
  return { clock, span, jump }
}

t.test('times of the clock, as those of the calendar', async (t) => {
  const { clock, span, jump } = setUp()
  clock.advance(10_000)
  t.same(span(4_000.5, 9_000.5), [4_000, 9_001])
  jump(5)
  t.same(span(4_000, 9_000), [4_000, 9_000], 'which drift')
})

t.test('the machine has slept: what began before began so much earlier', async (t) => {
  const { clock, span, jump } = setUp()
  clock.advance(10_000)
  jump(HOUR)
  clock.advance(1_000)
  t.same(span(9_000, 11_000), [9_000, HOUR + 11_000])
  clock.advance(10_000)
  t.same(span(12_000, 20_000), [HOUR + 12_000, HOUR + 20_000], 'and what began after it did not')
})

t.test('the calendar was set back: it may have been right before, or after', async (t) => {
  const { clock, span, jump } = setUp()
  clock.advance(10_000)
  jump(-HOUR)
  t.same(span(9_000, 10_000), [9_000 - HOUR, 10_000])
  for (let i = 0; i < 100; i++) {
    clock.advance(1_000)
    jump(i % 2 === 0 ? HOUR : -HOUR)
    span(clock.now() - 1, clock.now())
  }
  const now = clock.now()
  t.same(span(now, now), [now - HOUR, now - HOUR])
})
