import t from 'tap'
import { MemoryBroker } from '../support/memory-broker.ts'
import { settle } from '../support/open.ts'
import { pass, startNode } from '../support/topic-node.ts'

t.test('the process hears what is published, beside its sockets, until it has heard enough', async (t) => {
  const { topics, view, open } = startNode()
  const heard: string[] = []
  const { ready, unsubscribe } = view.subscribe('a', (data, isBinary, topic) => {
    heard.push(`${topic} ${isBinary ? data.toString('hex') : data.toString()}`)
  })
  t.equal(await ready, true)
  const { socket } = open({}, 'a')
  t.equal(view.count('a'), 2)
  t.equal(topics.publish('a', 'text'), 2)
  t.equal(socket.publish('a', Buffer.of(255)), 1)
  topics.publish('b', 'of another topic')
  t.same(heard, [], 'not before the publisher has gone on')
  await settle()
  t.same(heard, ['a text', 'a ff'])
  topics.publish('a', 'too late')
  unsubscribe()
  unsubscribe()
  topics.publish('a', 'later still')
  await settle()
  t.equal(heard.length, 2)
  t.same([view.count('a'), topics.listeners.size], [1, 0])
})

t.test('its bytes are its own: what it does to them changes nothing that sockets get', async (t) => {
  const { topics, view, open } = startNode()
  view.subscribe('a', (data) => data.fill(0))
  const { peer } = open({}, 'a')
  topics.publish('a', 'whole')
  await settle()
  t.same(peer.log, ['text whole'])
})

t.test('several on one topic; what one throws or rejects with is logged, and keeps nobody from anything', async (t) => {
  const { topics, view, logged } = startNode()
  const heard: string[] = []
  view.subscribe('a', () => {
    throw new Error('thrown')
  })
  view.subscribe('a', async () => {
    throw new Error('rejected')
  })
  view.subscribe('a', (data) => heard.push(data.toString()))
  topics.publish('a', '1')
  topics.publish('a', '2')
  await settle()
  t.same(heard, ['1', '2'])
  t.same(logged, Array(4).fill('sockroute: a listener on a topic failed'))
})

t.test('it may publish, subscribe and unsubscribe in its turn', async (t) => {
  const { topics, view } = startNode()
  const heard: string[] = []
  const first = view.subscribe('a', (data) => {
    heard.push(data.toString())
    first.unsubscribe()
    view.subscribe('a', (later) => heard.push(`then ${later.toString()}`))
    topics.publish('a', 'again')
  })
  topics.publish('a', '1')
  topics.publish('a', '2')
  await settle()
  t.same(heard, ['1', 'then again'])
})

t.test('from other processes, and with the gaps between', async (t) => {
  const broker = new MemoryBroker()
  const [a, b] = [startNode({}, broker), startNode({}, broker)]
  const told: string[] = []
  await pass(broker.clock, 10)
  const { ready } = b.view.subscribe('a', (data) => told.push(data.toString()), {
    onGap: ({ topics }) => told.push(`gap ${topics.join()}`),
  })
  await pass(broker.clock, 10)
  t.equal(await ready, true)
  a.topics.publish('a', 'from elsewhere')
  await pass(broker.clock, 10)
  broker.stop()
  await pass(broker.clock, 10)
  broker.start()
  await pass(broker.clock, 3_000, 50)
  t.same(told, ['from elsewhere', 'gap a'])
})

t.test('what is no topic or no function throws at the call', async (t) => {
  const { view } = startNode()
  t.throws(() => view.subscribe('' as never, () => undefined), TypeError)
  t.throws(() => view.subscribe('a', 'listener' as never), {
    message: 'subscribe(topic, listener): the listener is a function; got string',
  })
  t.equal(view.size, 0)
})
