import t from 'tap'
import { Turns } from '../../src/extensions/turns.ts'

function setUp(mostAtOnce = Infinity): {
  turns: Turns
  turn(): boolean
  did: string[]
  job(name: string, steps: number): () => boolean
} {
  const tasks: (() => void)[] = []
  const did: string[] = []
  return {
    turns: new Turns(mostAtOnce, (task) => void tasks.push(task)),
    turn: () => {
      if (tasks.length > 1) throw new Error('two steps in one turn')
      const task = tasks.shift()
      task?.()
      return task !== undefined
    },
    did,
    job: (name, steps) => {
      let left = steps
      return () => {
        did.push(name)
        return --left === 0
      }
    },
  }
}

t.test('one step a turn, of one job after the other', async (t) => {
  const { turns, turn, did, job } = setUp()
  turns.add(job('a', 3))
  turns.add(job('b', 1))
  turns.add(job('c', 2))
  t.same(did, [], 'not at once')
  while (turn());
  t.same(did, ['a', 'b', 'c', 'a', 'c', 'a'])
})

t.test('a job that is added by another has its turn', async (t) => {
  const { turns, turn, did, job } = setUp()
  turns.add(() => {
    turns.add(job('second', 2))
    did.push('first')
    return true
  })
  while (turn());
  turns.add(job('later', 1))
  while (turn());
  t.same(did, ['first', 'second', 'second', 'later'])
})

t.test('a job that throws keeps no other from going on', async (t) => {
  const { turns, turn, did, job } = setUp()
  turns.add(() => {
    throw new Error('fault')
  })
  turns.add(job('other', 2))
  t.throws(turn, /fault/)
  while (turn());
  t.same(did, ['other', 'other'])
})

t.test('so many at once: others begin, in order, when one is done', async (t) => {
  const { turns, turn, did, job } = setUp(2)
  for (const [name, steps] of Object.entries({ a: 3, b: 1, c: 2, d: 1 })) turns.add(job(name, steps))
  while (turn());
  t.same(did, ['a', 'b', 'a', 'c', 'a', 'c', 'd'])
})
