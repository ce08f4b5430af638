import t from 'tap'
import { countOf, eachOf, hasMember, type Members, withMember, withoutMember } from '../../src/topics/members.ts'

const of = (...items: string[]): Members<string> => items.reduce<Members<string>>(withMember, undefined)

t.test('none, one and many', async (t) => {
  const rows: [members: Members<string>, all: string[]][] = [
    [undefined, []],
    [of('a'), ['a']],
    [of('a', 'a'), ['a']],
    [of('a', 'b'), ['a', 'b']],
    [of('a', 'b', 'a', 'c'), ['a', 'b', 'c']],
  ]
  for (const [members, all] of rows) {
    t.same([...eachOf(members)], all)
    t.equal(countOf(members), all.length)
    for (const item of ['a', 'b', 'c']) t.equal(hasMember(members, item), all.includes(item))
  }
})

t.test('one alone is bare, before there were more and after', async (t) => {
  t.equal(of('a'), 'a')
  const two = of('a', 'b')
  t.ok(two instanceof Set)
  t.equal(withoutMember(two, 'x'), two)
  t.equal(withoutMember(two, 'a'), 'b')
  t.equal(withoutMember('b', 'a'), 'b')
  t.equal(withoutMember('b', 'b'), undefined)
  t.equal(withoutMember(undefined, 'b'), undefined)
  t.same([...eachOf(withoutMember(of('a', 'b', 'c'), 'b'))], ['a', 'c'])
})

t.test('a loop may take out what it goes through', async (t) => {
  for (const items of [['a'], ['a', 'b'], ['a', 'b', 'c', 'd']]) {
    let members = of(...items)
    const seen: string[] = []
    for (const item of eachOf(members)) {
      seen.push(item)
      members = withoutMember(members, item)
    }
    t.same([seen, members], [items, undefined])
  }
})
