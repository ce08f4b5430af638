import t from 'tap'
import { Generations } from '../../src/topics/generations.ts'

t.test('what is used stays, what is not goes with the second turn', async (t) => {
  const all = new Generations<number>(1_000)
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

t.test('many long names are forgotten sooner', async (t) => {
  const all = new Generations<number>(1_000)
  const names = ['a', 'b', 'c', 'd', 'e'].map((name) => name.repeat(150)) // 400 bytes each
  for (const name of names.slice(0, 3)) {
    all.set(name, 1)
    all.set(name, 2)
  }
  t.same(
    names.map((name) => all.get(name)),
    [2, 2, 2, undefined, undefined],
    'the third has begun another generation, and the first has come into it',
  )
  for (const name of names.slice(3)) all.set(name, 3)
  t.equal(names.filter((name) => all.get(name) !== undefined).length, 3)
  all.delete(names[4])
  for (let i = 0; i < 1_000; i++) {
    all.set('set and deleted', i)
    all.delete('set and deleted')
  }
  t.equal(all.get(names[3]), 3)
})
