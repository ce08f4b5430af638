import t from 'tap'
import { Progress } from '../src/progress.ts'

t.test('time counts from the beginning, until enough is added', async (t) => {
  const progress = new Progress(100, 0)
  t.equal(progress.stalledMs(150, 0, 10), 50)
  t.equal(progress.stalledMs(200, 9, 10), 100, 'too little')
  t.equal(progress.stalledMs(250, 10, 10), 0)
  t.equal(progress.stalledMs(300, 19, 10), 50, 'counted from where it last was enough')
  t.equal(progress.stalledMs(310, 20, 10), 0)
})

t.test('a total that has become smaller is no progress', async (t) => {
  const progress = new Progress(0, 100)
  t.equal(progress.stalledMs(50, 0, 10), 50)
  t.equal(progress.stalledMs(60, 109, 10), 60)
  t.equal(progress.stalledMs(70, 110, 10), 0)
})

t.test('its age is of when it was last looked at', async (t) => {
  const progress = new Progress(0, 100)
  progress.stalledMs(50, 110, 10)
  t.equal(progress.ageMs(80), 30)
})
