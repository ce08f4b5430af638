import t from 'tap'
import { Generations } from '../../src/topics/generations.ts'

t.test('what is used stays, what is not goes with the second turn', async (t) => {
  const all = new Generations<number>()
  t.ok(all.isEmpty)
  for (const name of ['used', 'unused', 'gone', 'new']) all.set(name, 1)
  all.turn()
  t.equal(all.get('used'), 1)
  all.set('new', 2)
  all.delete('gone')
  t.notOk(all.isEmpty)
  all.turn()
  t.same(
    ['used', 'unused', 'gone', 'new'].map((name) => all.get(name)),
    [1, undefined, undefined, 2],
  )
  all.delete('new')
  all.turn()
  all.turn()
  t.ok(all.isEmpty)
})
