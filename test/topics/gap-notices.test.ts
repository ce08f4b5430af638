import t from 'tap'
import { GapNotices } from '../../src/topics/gap-notices.ts'
import { settle } from '../support/open.ts'
import { startNode } from '../support/topic-node.ts'

function setUp() {
  const node = startNode()
  const notices = new GapNotices({ all: () => [...node.hub.subscribers], of: (topic) => node.topics.table.list(topic) })
  const told: unknown[] = []
  const onGap = (_: unknown, gap: object): void => void told.push(gap)
  return { node, notices, told, onGap }
}

t.test('who is subscribed to the topic, or to any', async (t) => {
  const { node, notices, told, onGap } = setUp()
  node.open({ onGap }, 'a', 'b')
  node.open({ onGap }, 'b')
  node.open({ onGap })
  node.open({}, 'a')
  notices.announce({ from: 1, to: 2 }, 'a')
  t.same(told, [], 'not in the same turn')
  await settle()
  t.same(told.splice(0), [{ topics: ['a'], from: 1, to: 2 }])
  notices.announce({ from: 1, to: 2 })
  await settle()
  t.same(told.splice(0), [
    { topics: ['a', 'b'], from: 1, to: 2 },
    { topics: ['b'], from: 1, to: 2 },
  ])
})

t.test('gaps that meet are one', async (t) => {
  const { node, notices, told, onGap } = setUp()
  node.open({ onGap }, 'a')
  for (const at of [5, 3, 7]) notices.announce({ from: at, to: at + 1 }, 'a')
  await settle()
  t.same(told.splice(0), [{ topics: ['a'], from: 3, to: 8 }])
  for (const at of [5, 3, 7]) notices.announce({ from: at, to: at + 1 })
  await settle()
  t.same(told, [{ topics: ['a'], from: 3, to: 8 }])
})

t.test('many are told over turns; who leaves meanwhile is not, and who comes has missed nothing', async (t) => {
  const { node, notices, told, onGap } = setUp()
  const sockets = Array.from({ length: 1_000 }, () => node.open({ onGap }, 'a'))
  for (const topic of [undefined, 'a']) {
    told.length = 0
    const open = node.hub.connections.size
    notices.announce({ from: 1, to: 2 }, topic)
    await settle(1)
    t.ok(told.length > 0 && told.length <= 100, `${told.length}`)
    sockets.pop()?.socket.terminate()
    sockets.push(node.open({ onGap }, 'a'))
    await settle(20)
    t.equal(told.length, open - 1)
  }
})

t.test('what onGap throws goes where handlers’ errors go', async (t) => {
  const { node, notices } = setUp()
  const errors: unknown[] = []
  const fault = new Error('fault')
  const route = {
    onError: (error: unknown) => void errors.push(error),
    onGap: () => {
      throw fault
    },
  }
  node.open(route, 'a')
  node.open(route, 'a')
  notices.announce({ from: 1, to: 2 })
  await settle()
  t.same(errors, [fault, fault])
})

t.test('those with many topics are told in more turns', async (t) => {
  const { node, notices, told, onGap } = setUp()
  const topics = Array.from({ length: 3_000 }, (_, i) => `topic ${i}`)
  for (let i = 0; i < 20; i++) node.open({ onGap }, ...topics)
  notices.announce({ from: 1, to: 2 })
  await settle(1)
  t.ok(told.length > 0 && told.length <= 8, `${told.length} in two turns at most`)
  await settle(30)
  t.equal(told.length, 20)
})
