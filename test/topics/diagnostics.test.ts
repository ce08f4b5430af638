/** What the channels tell of topics and their broker. */

import t from 'tap'
import { MemoryBroker } from '../support/memory-broker.ts'
import { observing } from '../support/observing.ts'
import { pass, startNode } from '../support/topic-node.ts'

t.test('a broker that goes and comes, and a message that is lost on its way', async (t) => {
  const broker = new MemoryBroker()
  const [here, there] = [startNode({}, broker), startNode({}, broker)]
  await pass(broker.clock, 1_000, 100)
  here.open({}, 'news')
  await pass(broker.clock, 100, 10)
  const published = observing(t, 'sockroute:topic:published')
  const gaps = observing(t, 'sockroute:broker:gap')
  let copies = 0
  broker.fate = () => (copies++ === 1 ? 'is lost' : 'arrives')
  for (const text of ['one', 'two', 'three']) {
    there.topics.publish('news', text)
    await pass(broker.clock, 100, 10)
  }
  t.match(
    published.map(({ byteLength, delivered }) => [byteLength, delivered]),
    [
      [3, 0],
      [3, 1],
      [3, 0],
      [5, 0],
      [5, 1],
    ],
    'there, and here as far as it came',
  )
  t.match(gaps, [{ broker: String, topic: 'news' }])
  const outages = observing(t, 'sockroute:broker:degraded', 'sockroute:broker:restored')
  broker.stop()
  await pass(broker.clock, 1_000, 100)
  broker.start()
  await pass(broker.clock, 5_000, 100)
  t.match(
    outages.map(({ reason }) => reason),
    ['disconnect', 'disconnect', 'disconnect', 'disconnect'],
    'of both processes, down and up',
  )
  await Promise.all([here.hub.close(), there.hub.close()])
})

t.test('a socket that may have no more topics, and one that does not take what is published', async (t) => {
  const limits = observing(t, 'sockroute:limit')
  const node = startNode()
  const { socket } = node.open({ maxTopics: 1 }, 'one')
  t.throws(() => socket.subscribe('two'), RangeError)
  const slow = node.open({ maxBufferedBytes: 1_000 }, 'news')
  slow.transport.hold()
  for (let i = 0; i < 4; i++) node.topics.publish('news', 'x'.repeat(600))
  t.match(limits, [
    { limit: 'maxTopics', connection: socket },
    { limit: 'maxBufferedBytes', connection: slow.socket },
    { limit: 'slowSubscriber', connection: slow.socket },
    { limit: 'slowSubscriber', connection: slow.socket },
  ])
  t.same(node.hub.metrics().limitsHit, { maxTopics: 1, maxBufferedBytes: 1, slowSubscriber: 2 })
  t.ok(node.hub.metrics().backlogBytes > 1_000)
  for (const one of [socket, slow.socket]) one.terminate()
})
