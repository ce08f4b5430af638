import t from 'tap'
import { Probe } from '../../src/topics/probe.ts'
import { FakeClock } from '../support/clock.ts'

function setUp() {
  const clock = new FakeClock()
  const log: string[] = []
  const state = { last: 0, answers: true }
  const owner = {
    sendProbe(number: number) {
      state.last = number
      log.push(`probe at ${clock.now()}`)
      if (state.answers) clock.setTimeout(() => probe.answered(number), 10)
    },
    onAlive: (sentAt: number) => void log.push(`alive until ${sentAt}`),
    onSilent: () => void log.push(`silent at ${clock.now()}`),
  }
  const probe = new Probe(owner, clock)
  return { clock, log, state, probe }
}

t.test('each five seconds, and up to its sending nothing is lost', async (t) => {
  const { clock, log, probe } = setUp()
  probe.start()
  clock.advance(10_100)
  t.same(log, [
    'probe at 0',
    'alive until 0',
    'probe at 5010',
    'alive until 5010',
    'probe at 10020',
    'alive until 10020',
  ])
})

t.test('silence is told once, probes go on, and an answer is life', async (t) => {
  const { clock, log, state, probe } = setUp()
  state.answers = false
  probe.start()
  clock.advance(12_000)
  t.same(log, ['probe at 0', 'probe at 5000', 'silent at 5000', 'probe at 10000'])
  probe.answered(state.last - 1)
  t.equal(log.length, 4, 'too late')
  state.answers = true
  probe.answered(state.last)
  probe.answered(state.last)
  t.same(log.slice(4), ['alive until 10000'])
  clock.advance(5_000)
  t.same(log.slice(5), ['probe at 17000'])
  state.answers = false
  clock.advance(20_000)
  t.equal(log.filter((line) => line.startsWith('silent')).length, 2, 'and it may fall silent again')
})

t.test('stopped, it asks nothing and hears nothing', async (t) => {
  const { clock, log, state, probe } = setUp()
  probe.start()
  probe.stop()
  clock.advance(20_000)
  probe.answered(state.last)
  t.same([log, clock.timers], [['probe at 0'], 0])
})

t.test('while our own event loop is blocked nobody else is to blame', async (t) => {
  const { clock, log, state, probe } = setUp()
  probe.start()
  clock.advance(5_000)
  state.answers = false
  clock.advance(1_000)
  clock.block(60_000)
  t.notMatch(log.join(), /silent/)
  probe.answered(state.last)
  t.equal(log.at(-1), 'alive until 5010')
  clock.advance(5_000)
  clock.block(60_000)
  clock.advance(2_000)
  t.match(log.at(-1), /silent/, 'if nothing comes then either')
})
