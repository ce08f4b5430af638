import t from 'tap'
import { Share } from '../../src/extensions/share.ts'

t.test('is spent at the limit, by all together, until the turn ends', async (t) => {
  const ends: (() => void)[] = []
  const share = new Share(100, (task) => void ends.push(task))
  for (let turn = 0; turn < 2; turn++) {
    share.spend(60)
    share.spend(39)
    t.equal(share.isSpent, false)
    share.spend(1)
    t.equal(share.isSpent, true)
    t.equal(ends.length, 1, 'asked for once a turn')
    ends.pop()?.()
    t.equal(share.isSpent, false)
    t.equal(share.turns, turn + 1)
  }
})
