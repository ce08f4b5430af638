import t from 'tap'
import { HeardSequences, SentSequences } from '../../src/topics/sequences.ts'

t.test('numbers rise by one, by topic', async (t) => {
  const sent = new SentSequences()
  t.ok(sent.isFirst('a'))
  t.same([sent.next('a'), sent.next('a')], [1, 2])
  t.notOk(sent.isFirst('a'))
  t.same([sent.next('b'), sent.next('b'), sent.next('a')], [3, 4, 3])
})

t.test('a topic that was forgotten never repeats a number', async (t) => {
  const sent = new SentSequences()
  for (let i = 0; i < 10; i++) sent.next('a')
  sent.turn()
  sent.turn()
  t.ok(sent.isFirst('a'))
  t.equal(sent.next('a'), 11)
})

type Step = [node: string, topic: string, sequence: number, isFirst: boolean, expected: unknown]

t.test('what is lost, and what comes twice', async (t) => {
  const heard = new HeardSequences()
  const steps: Step[] = [
    ['n', 'a', 7, false, 'next'], // nobody knows what was before
    ['n', 'a', 8, false, 'next'],
    ['n', 'a', 8, false, 'again'],
    ['n', 'a', 7, false, 'again'],
    ['n', 'b', 8, false, 'next'],
    ['m', 'a', 1, true, 'next'],
    ['n', 'a', 10, false, { since: 1 }],
    ['n', 'a', 9, false, 'again'], // too late: it was said to be lost
    ['n', 'a', 11, false, 'next'],
    ['n', 'a', 50, true, 'next'], // the node has forgotten the topic meanwhile
    ['n', 'a', 49, true, 'again'],
    ['n', 'a', 51, false, 'next'],
  ]
  for (const [at, [node, topic, sequence, isFirst, expected]] of steps.entries()) {
    t.same(heard.hear(node, topic, sequence, isFirst, at), expected, `step ${at}`)
  }
  heard.forget('a')
  t.equal(heard.hear('n', 'a', 99, false, 0), 'next')
  t.same(heard.hear('n', 'b', 99, false, 0), { since: 4 })
  heard.clear()
  t.equal(heard.hear('n', 'b', 3, false, 0), 'next')
  heard.turn()
  t.equal(heard.hear('n', 'b', 3, false, 0), 'again')
  heard.turn()
  heard.turn()
  t.equal(heard.hear('n', 'b', 3, false, 0), 'next')
})
