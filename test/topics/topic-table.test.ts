import t from 'tap'
import { TopicTable } from '../../src/topics/topic-table.ts'

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => ({ name }))
type Member = typeof a

function tableOf(...members: Member[]): TopicTable<Member> {
  const table = new TopicTable<Member>()
  for (const member of members) table.add('topic', member)
  return table
}

function visited(table: TopicTable<Member>, during: (member: Member) => void = () => undefined): string[] {
  const names: string[] = []
  table.visit('topic', (member) => {
    names.push(member.name)
    during(member)
  })
  return names
}

t.test('the first comes, the last goes', async (t) => {
  const table = tableOf()
  t.same([table.add('topic', a), table.add('topic', a), table.add('topic', b)], [true, false, false])
  t.same([table.count('topic'), table.size, [...table.names()]], [2, 1, ['topic']])
  t.same([table.delete('topic', a), table.delete('topic', a), table.delete('topic', b)], [false, false, true])
  t.same([table.count('topic'), table.size, table.has('topic')], [0, 0, false])
  t.equal(table.delete('topic', a), false)
})

t.test('whoever comes or goes while all are visited', async (t) => {
  const members = [a, b, c]
  t.same(visited(tableOf(...members)), ['a', 'b', 'c'])
  const leaving = tableOf(...members)
  t.same(
    visited(leaving, () => leaving.delete('topic', c)),
    ['a', 'b'],
  )
  const joining = tableOf(...members)
  t.same(
    visited(joining, () => joining.add('topic', d)),
    ['a', 'b', 'c'],
  )
  const again = tableOf(...members)
  const leaveAndJoin = (member: Member): void => {
    again.delete('topic', member)
    again.add('topic', member)
  }
  t.same(visited(again, leaveAndJoin), ['a', 'b', 'c'], 'and it ends')
  const emptied = tableOf(...members)
  const all = (): void => {
    for (const member of members) emptied.delete('topic', member)
  }
  t.same(visited(emptied, all), ['a'])
  const alone = tableOf(a)
  t.same(
    visited(alone, () => alone.add('topic', b)),
    ['a'],
  )
  t.same([visited(tableOf()), alone.list('topic'), alone.list('none')], [[], [a, b], []])
})

t.test('nothing is left of topics that come and go', async (t) => {
  const table = tableOf()
  for (let i = 0; i < 10_000; i++) {
    table.add(`topic ${i % 7}`, a)
    table.add(`topic ${i % 7}`, b)
    table.delete(`topic ${i % 7}`, a)
    table.delete(`topic ${i % 7}`, b)
  }
  t.equal(table.size, 0)
})
