import t from 'tap'
import { Turns } from '../../src/extensions/turns.ts'

function setUp(): { turns: Turns; turn(): boolean; did: string[]; job(name: string, steps: number): () => boolean } {
  const tasks: (() => void)[] = []
  const did: string[] = []
  return {
    turns: new Turns((task) => void tasks.push(task)),
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
