import t from 'tap'
import { RareLog } from '../src/rare-log.ts'
import { FakeClock } from './support/clock.ts'

t.test('a line a minute of each kind, with how many it stands for', async (t) => {
  const clock = new FakeClock()
  const lines: unknown[] = []
  const log = new RareLog(clock, (details, message) => lines.push([message, details]))
  for (let i = 0; i < 5; i++) log.warn({ i }, 'one')
  log.warn({}, 'other')
  clock.advance(60_000)
  log.warn({ i: 5 }, 'one')
  log.warn({ i: 6 }, 'one')
  t.same(lines, [
    ['one', { i: 0, times: 1 }],
    ['other', { times: 1 }],
    ['one', { i: 5, times: 5 }],
  ])
})
