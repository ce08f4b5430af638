/** What one process tells the others to do with their sockets, over a broker: it arrives, it is nobody's topic, and what is lost is made up for. */

import t from 'tap'
import type { RouteOptions } from '../../src/options.ts'
import { BrokerError } from '../../src/topics/broker-error.ts'
import { encodeEnvelope } from '../../src/topics/envelope.ts'
import { ORDERS } from '../../src/topics/order.ts'
import { MemoryBroker, type MemoryBrokerOptions } from '../support/memory-broker.ts'
import { settle } from '../support/open.ts'
import { type NodeSocket, pass, startNode, type TopicNode } from '../support/topic-node.ts'

async function setUp(count = 2, options: MemoryBrokerOptions = {}) {
  const broker = new MemoryBroker(options)
  const nodes = Array.from({ length: count }, () => startNode({}, broker))
  await pass(broker.clock, 10)
  const time = (ms: number): Promise<void> => pass(broker.clock, ms, Math.max(1, ms / 50))
  return { broker, nodes, a: nodes[0], b: nodes[1], time }
}

function openAs(node: TopicNode, userId: number, route: RouteOptions = {}): NodeSocket {
  const opened = node.open(route)
  opened.socket.data = { userId }
  return opened
}

const outcomeOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)

for (const options of [{}, { noEcho: true }]) {
  t.test(`log somebody out everywhere: ${JSON.stringify(options)}`, async (t) => {
    const { nodes, a, time } = await setUp(3, options)
    const sockets = nodes.map((node) => [openAs(node, 1), openAs(node, 2)])
    const closed = a.hub.staying.close({ userId: 1 }, 4001, 'logged out')
    t.same(
      sockets.map((pair) => pair.map(({ socket }) => socket.readyState)),
      [
        [2, 1],
        [1, 1],
        [1, 1],
      ],
      'here at once',
    )
    await time(10)
    t.equal(await closed, 1)
    for (const [one, two] of sockets) t.same([one.peer.log, two.peer.log], [['close 4001 logged out'], []])
    t.same(a.view.counts, { published: 0, relayed: 0, rejected: 0, received: 0, dropped: 0, gaps: 0 })
    t.equal(await a.hub.staying.close(() => true, 4002), 1, 'a function is for this process alone')
    await time(10)
    t.same(sockets[1][1].peer.log, [])
  })
}

t.test('ask for somebody everywhere', async (t) => {
  const { nodes, a, time } = await setUp()
  const asked: number[] = []
  const reauthenticate: RouteOptions['reauthenticate'] = ({ data }) => asked.push(data.userId as number) < 0
  const sockets = nodes.flatMap((node) => [1, 2].map((userId) => openAs(node, userId, { reauthenticate })))
  const others = nodes.map((node) => openAs(node, 1))
  const gone = a.hub.staying.reauthenticate({ userId: 1 })
  await time(10)
  t.equal(await gone, 1)
  t.same(asked, [1, 1])
  t.same(
    sockets.map(({ peer }) => peer.log),
    [['close 3000 Unauthorized'], [], ['close 3000 Unauthorized'], []],
  )
  for (const { peer } of others) t.same(peer.log, [], 'whose route does not say')
})

t.test('the broker is away: those here are closed, and whoever asked is told', async (t) => {
  const { broker, a, b, time } = await setUp()
  const [here, there] = [openAs(a, 1), openAs(b, 1)]
  broker.stop()
  const refused = (await outcomeOf(a.hub.staying.close({ userId: 1 }, 4001))) as BrokerError
  await settle()
  t.type(refused, BrokerError)
  t.same([refused.code, refused.local], ['BROKER_UNAVAILABLE', 1])
  t.same([here.peer.log, there.peer.log], [['close 4001'], []])
  broker.start()
  await time(1_000)
  a.driver.takesNothingOn = (topic) => topic === ORDERS
  const another = outcomeOf(a.hub.staying.close({ userId: 1 }, 4001))
  await time(10)
  t.match(await another, { code: 'BROKER_UNAVAILABLE', local: 0, cause: { message: 'no permission' } })
  t.match(await outcomeOf(a.hub.staying.close({ text: 'x'.repeat(2_000_000) }, 4001)), {
    code: 'BROKER_PAYLOAD_TOO_LARGE',
  })
})

t.test('who chooses the name of the orders as a topic gets no order, gives none, and ends none', async (t) => {
  const { broker, a, b, time } = await setUp()
  const victim = openAs(b, 1)
  const spy = b.open({}, ORDERS)
  await time(10)
  const order = JSON.stringify({ do: 'close', which: { userId: 1 }, code: 4001, reason: '' })
  a.topics.publish(ORDERS, order)
  a.topics.publish(ORDERS, Buffer.from(order))
  await time(10)
  t.same([victim.peer.log, spy.peer.log.length], [[], 2], 'it is a message as any other, for who is subscribed')
  spy.socket.unsubscribe(ORDERS)
  await time(5_000)
  t.equal(broker.subscribers(ORDERS), 2, 'the process still is')
  void spy.socket.subscribe(ORDERS)
  const closed = a.hub.staying.close({ userId: 1 }, 4001)
  await time(10)
  t.equal(await closed, 0)
  t.same([victim.peer.log, spy.peer.log.length], [['close 4001'], 2])
})

t.test('nothing is subscribed for it where there is no broker', async (t) => {
  const node = startNode()
  const { peer } = openAs(node, 1)
  t.equal(await node.hub.staying.close({ userId: 1 }, 4001), 1)
  await settle()
  t.same(peer.log, ['close 4001'])
})

t.test('orders that may have been lost: whoever can be asked for is asked for', async (t) => {
  const { broker, nodes, a, b, time } = await setUp()
  const asked: string[] = []
  for (const [at, node] of nodes.entries()) {
    openAs(node, 1, { reauthenticate: () => asked.push(`node ${at}`) > 0 })
    openAs(node, 1)
  }
  broker.fate = (_, isKnown) => (isKnown ? 'is lost' : 'arrives')
  const orders = [1, 2].map(() => a.hub.staying.close({ userId: 9 }, 4001))
  await time(10)
  t.same(asked, [], 'nobody knows yet')
  broker.fate = () => 'arrives'
  orders.push(a.hub.staying.close({ userId: 9 }, 4001))
  await time(100)
  t.same(await Promise.all(orders), [0, 0, 0])
  t.same(asked, ['node 1'], 'the numbers say it')
  asked.length = 0
  b.driver.cut('a restart')
  await time(5_000)
  t.same(asked, ['node 1'], 'and the broker was away')
})

t.test('who is in a handshake when an order of another process comes', async (t) => {
  const { a, b, time } = await setUp()
  const asked: number[] = []
  const asking = (userId: number): RouteOptions => ({ reauthenticate: () => asked.push(userId) > 0 })
  const finishing = [b.begin({}, { userId: 1 }), b.begin({}, { userId: 2 }), b.begin(asking(3), { userId: 3 })]
  const closed = a.hub.staying.close({ userId: 1 }, 4001, 'logged out')
  await time(10)
  t.equal(await closed, 0)
  const late = b.begin({}, { userId: 1 })
  const opened = [...finishing, late].map((finish) => finish())
  await time(10)
  t.same(
    opened.map(({ peer }) => peer.log),
    [['close 4001 logged out'], [], [], []],
  )
  t.same(asked, [3], 'who can be asked for is asked for, whoever was meant')
})

t.test('and when orders may have been lost', async (t) => {
  const { b, time } = await setUp()
  let asked = 0
  const finishing = [b.begin({ reauthenticate: () => ++asked < 0 }, {}), b.begin({}, {})]
  b.hub.onOrdersLost()
  const opened = finishing.map((finish) => finish())
  await time(10)
  t.equal(asked, 1)
  t.same(
    opened.map(({ peer }) => peer.log),
    [['close 3000 Unauthorized'], []],
  )
})

t.test('sockets that were open before the broker was reached', async (t) => {
  const broker = new MemoryBroker()
  const node = startNode({}, broker)
  let asked = 0
  openAs(node, 1, { reauthenticate: () => ++asked > 0 })
  await pass(broker.clock, 20)
  t.equal(asked, 1)
})

t.test('a thousand are asked for a few at a time, and by two outages in a row not twice at once', async (t) => {
  const { broker, b, time } = await setUp()
  const underWay = { now: 0, most: 0, total: 0 }
  const reauthenticate = async (): Promise<boolean> => {
    underWay.total++
    underWay.most = Math.max(underWay.most, ++underWay.now)
    await new Promise<void>((resolve) => void broker.clock.setTimeout(resolve, 10))
    underWay.now--
    return true
  }
  for (let i = 0; i < 1_000; i++) b.open({ reauthenticate })
  b.hub.onOrdersLost()
  for (let i = 0; i < 20; i++) b.hub.onOrdersLost()
  await time(1_000)
  t.same([underWay.most, underWay.total], [100, 2_000])
  const gone = b.hub.staying.reauthenticateAll()
  const [last] = [...b.hub.connections].slice(-1)
  last.terminate()
  await time(1_000)
  t.equal(await gone, 1, 'who left before it was asked for')
})

t.test('one question that is never answered keeps none of the others from being put', async (t) => {
  const { b, time } = await setUp()
  let asked = 0
  openAs(b, 1, { reauthenticate: () => new Promise(() => undefined) })
  openAs(b, 2, { reauthenticate: () => ++asked > 0 })
  for (const outage of [1, 2, 3]) {
    b.hub.onOrdersLost()
    await time(100)
    t.equal(asked, outage)
  }
})

t.test('what is told to others is what was compared here, whatever it is as JSON', async (t) => {
  class User {
    readonly userId = 1
    readonly role = 'admin'
    toJSON(): object {
      return { role: this.role }
    }
  }
  const { a, b, time } = await setUp()
  const sockets = [1, 2].map((userId) => b.open({}, `for ${userId}`))
  for (const [at, { socket }] of sockets.entries()) socket.data = { userId: at + 1, role: 'admin' }
  const closed = a.hub.staying.close(new User(), 4001)
  await time(10)
  t.equal(await closed, 0)
  t.same(
    sockets.map(({ peer }) => peer.log),
    [['close 4001'], []],
  )
})

const WRONG: [what: string, data: string][] = [
  ['no JSON', '{'],
  ['nothing', 'null'],
  ['another order', '{"do":"dance"}'],
  ['all sockets', '{"do":"close","which":{},"code":4001,"reason":""}'],
  ['no choice', '{"do":"close","code":4001,"reason":""}'],
  ['no code', '{"do":"close","which":{"userId":1},"reason":""}'],
  ['a code that may not be sent', '{"do":"close","which":{"userId":1},"code":1005,"reason":""}'],
  ['no reason', '{"do":"close","which":{"userId":1},"code":4001}'],
  ['a prototype', '{"do":"close","which":{"__proto__":{"userId":1}},"code":4001,"reason":""}'],
]

t.test('an order that is none closes nobody, and is logged', async (t) => {
  const { a, b, time } = await setUp()
  const { peer } = openAs(b, 1)
  const node = Buffer.from('00ff80c328a0e21f', 'hex').toString('latin1')
  for (const [at, [what, text]] of WRONG.entries()) {
    const envelope = { node, sequence: at + 1, isFirst: false, isBinary: true, compress: false, isOrder: true }
    void a.driver.publish(ORDERS, encodeEnvelope({ ...envelope, data: Buffer.from(text) }))
    await time(10)
    t.match(b.logged.splice(0), ['sockroute: what another process has ordered could not be done'], what)
  }
  b.open({}, 'elsewhere')
  await time(10)
  const data = Buffer.from('{"do":"close","which":{"userId":1},"code":4001,"reason":""}')
  const order = { node, sequence: 1, isFirst: true, isBinary: true, compress: false, isOrder: true, data }
  void a.driver.publish('elsewhere', encodeEnvelope(order))
  await time(10)
  t.same(peer.log, [], 'an order on another topic is none')
})
