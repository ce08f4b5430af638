import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { Connection } from '../../src/connection.ts'
import { BrokerError } from '../../src/topics/broker-error.ts'
import type { Degraded, Restored, TopicGap } from '../../src/topics/topics.ts'
import { MemoryBroker, type MemoryBrokerOptions } from '../support/memory-broker.ts'
import { settle } from '../support/open.ts'
import { pass, startNode, type TopicNode } from '../support/topic-node.ts'

setFlagsFromString('--expose-gc')

/** Nodes on one broker, all of them up. */
async function setUp(count = 2, options: MemoryBrokerOptions = {}) {
  const broker = new MemoryBroker(options)
  const nodes = Array.from({ length: count }, () => startNode({}, broker))
  await pass(broker.clock, 10)
  const { clock } = broker
  return { broker, clock, nodes, a: nodes[0], b: nodes[1], time: (ms: number) => pass(clock, ms, Math.max(1, ms / 50)) }
}

/** What an app hears of its broker, with how many seconds may be missing. */
function eventsOf({ view }: TopicNode): string[] {
  const events: string[] = []
  view.on('degraded', ({ reason, error }: Degraded) => events.push(`degraded ${reason}: ${error.message}`))
  view.on('restored', ({ reason, from, to }: Restored) => {
    events.push(`restored ${reason} ${Math.round((to - from) / 1_000)}`)
  })
  return events
}

t.test('from one process to all others, and back to none', async (t) => {
  const { nodes, time } = await setUp(3)
  const sockets = nodes.map((node) => node.open({}, 'room'))
  const outside = nodes[1].open({}, 'elsewhere')
  await time(10)
  t.same(
    nodes.map(({ view }) => view.state),
    ['up', 'up', 'up'],
  )
  t.equal(sockets[0].socket.publish('room', 'to the others'), 0)
  t.equal(nodes[0].topics.publish('room', Buffer.of(0, 255)), 1)
  t.equal(nodes[0].topics.publish('room', 'here alone', { local: true }), 1)
  t.same(await nodes[2].topics.publishConfirmed('room', 'alone', { local: true }), { local: 1 })
  const confirmed = nodes[2].topics.publishConfirmed('room', 'confirmed')
  await time(10)
  t.same(await confirmed, { local: 1, receivers: 3 })
  t.same(
    sockets.map(({ peer }) => peer.log),
    [
      ['binary 00ff', 'text here alone', 'text confirmed'],
      ['text to the others', 'binary 00ff', 'text confirmed'],
      ['text alone', 'text confirmed', 'text to the others', 'binary 00ff'],
    ],
  )
  t.same(outside.peer.log, [])
  t.same(nodes[0].view.counts, { published: 3, relayed: 2, rejected: 0, received: 1, dropped: 0, gaps: 0 })
  t.same(nodes[1].view.counts, { published: 0, relayed: 0, rejected: 0, received: 3, dropped: 0, gaps: 0 })
})

t.test('what awaited its subscription misses nothing that anybody publishes then', async (t) => {
  const { a, b, time } = await setUp(2, { delayMs: 20 })
  await time(100)
  for (let i = 0; i < 5; i++) {
    const { socket, peer } = b.open()
    const subscribed = socket.subscribe(`room ${i}`)
    void subscribed.then(() => a.topics.publish(`room ${i}`, 'at once'))
    await time(200)
    t.equal(await subscribed, true)
    t.same(peer.log, ['text at once'])
  }
})

t.test('a broker has what is wanted, and nothing when all are gone', async (t) => {
  const { broker, a, b, time } = await setUp()
  const sockets = [a.open({}, 'x', 'y'), a.open({}, 'x'), b.open({}, 'x')]
  await time(10)
  t.same([broker.subscribers('x'), broker.subscribers('y')], [2, 1])
  sockets[0].socket.terminate()
  sockets[2].socket.unsubscribe('x')
  await time(1_100)
  t.same([broker.subscribers('x'), broker.subscribers('y')], [1, 0])
  sockets[1].socket.close()
  await time(1_100)
  t.equal(broker.subscribers('x'), 0)
})

t.test('order by origin, and none twice', async (t) => {
  const { broker, nodes, time } = await setUp(3)
  broker.fate = () => 'comes twice'
  const { peer } = nodes[2].open({}, 'room')
  await time(10)
  for (let i = 0; i < 100; i++) for (const at of [0, 1]) nodes[at].topics.publish('room', `${at} ${i}`)
  await time(10)
  for (const at of [0, 1]) {
    const own = peer.log.filter((line) => line.startsWith(`text ${at} `))
    t.same(
      own,
      Array.from({ length: 100 }, (_, i) => `text ${at} ${i}`),
    )
  }
  t.equal(nodes[2].view.counts.received, 200)
})

t.test('a gap in the numbers is told to those on that topic', async (t) => {
  const { broker, clock, a, b, time } = await setUp()
  const gaps: [Connection, TopicGap][] = []
  const onGap = (socket: Connection, gap: TopicGap): void => void gaps.push([socket, gap])
  const { socket, peer } = b.open({ onGap }, 'room', 'other')
  b.open({ onGap }, 'other')
  await time(10)
  a.topics.publish('room', '1')
  await time(1_000)
  broker.fate = () => 'is lost'
  a.topics.publish('room', '2')
  await time(1_000)
  broker.fate = () => 'arrives'
  a.topics.publish('room', '3')
  a.topics.publish('room', '4')
  await time(10)
  t.same(peer.log, ['text 1', 'text 3', 'text 4'])
  t.equal(gaps.length, 1)
  const [[who, { topics, from, to }]] = gaps
  t.same([who, topics, b.view.counts.gaps], [socket, ['room'], 1])
  const span = to - from
  t.ok(span >= 12_000 && span < 17_100, `${span}: from before the first of them to the next`)
  t.ok(Math.abs(to - clock.today()) < 100, 'by the calendar')
})

t.test('numbers begin anew with each subscription, so that no gap is told that was none', async (t) => {
  const { a, b, time } = await setUp()
  let gaps = 0
  const { socket, peer } = b.open({ onGap: () => void gaps++ }, 'room')
  await time(10)
  for (let i = 0; i < 4; i++) {
    a.topics.publish('room', `in ${i}`)
    await time(10)
    socket.unsubscribe('room')
    a.topics.publish('room', `lingering ${i}`)
    await time(i % 2 === 0 ? 500 : 1_500)
    a.topics.publish('room', `out ${i}`)
    await time(10)
    void socket.subscribe('room')
    await time(10)
  }
  t.same(
    peer.log,
    [0, 1, 2, 3].map((i) => `text in ${i}`),
  )
  // And with the time, on both sides.
  for (let i = 0; i < 3; i++) {
    a.topics.publish('room', `rare ${i}`)
    await time(700_000)
  }
  t.equal(gaps, 0)
  t.equal(peer.log.length, 7)
})

t.test('the broker dies: local messages go on, others are rejected at once; then all is as before', async (t) => {
  const { broker, a, b, time } = await setUp()
  const gaps: TopicGap[] = []
  const route = { onGap: (_: unknown, gap: TopicGap) => void gaps.push(gap) }
  const [here, there] = [a.open(route, 'room'), b.open(route, 'room', 'other')]
  await time(10)
  const events = eventsOf(a)
  a.topics.publish('room', 'before')
  await time(12_000)
  broker.stop()
  t.equal(a.view.state, 'degraded')
  t.equal(a.topics.publish('room', 'local'), 1)
  const failed = await a.topics.publishConfirmed('room', 'confirmed').catch((error: unknown) => error)
  t.ok(failed instanceof BrokerError)
  t.match(failed, { code: 'BROKER_UNAVAILABLE', local: 1, message: /cannot be reached/ })
  const late = a.open()
  t.equal(await late.socket.subscribe('late'), false)
  await time(9_000)
  broker.start()
  await time(1_000)
  t.same(events, ['degraded disconnect: the broker has died', 'restored disconnect 21'])
  t.equal(a.view.state, 'up')
  t.same(
    gaps.map(({ topics }) => topics),
    [['room'], ['room', 'other']],
  )
  b.topics.publish('late', 'it has followed')
  a.topics.publish('room', 'after')
  await time(10)
  t.same(here.peer.log, ['text before', 'text local', 'text confirmed', 'text after'])
  t.same(there.peer.log, ['text before', 'text after'])
  t.same(late.peer.log, ['text it has followed'])
  t.match(a.view.counts, { relayed: 2, rejected: 2, gaps: 1 })
  t.match(a.logged, [/cannot be reached/, /there again/])
})

t.test('one process is cut off for a while: it is told once, the others of nothing', async (t) => {
  const { a, b, time } = await setUp()
  await time(100)
  const gaps: string[] = []
  const [cut, kept] = [
    a.open({ onGap: (_, { topics }) => void gaps.push(`a ${topics.join()}`) }, 'room', 'other'),
    b.open({ onGap: () => void gaps.push('b') }, 'room'),
  ]
  await time(100)
  b.topics.publish('room', '1')
  await time(100)
  a.driver.cut('reset')
  b.topics.publish('room', '2')
  await time(500)
  b.topics.publish('room', '3')
  await time(100)
  t.same(
    [cut.peer.log, kept.peer.log],
    [
      ['text 1', 'text 3'],
      ['text 1', 'text 2', 'text 3'],
    ],
  )
  t.same(gaps, ['a room,other'])
})

t.test('one pair of events for an outage with many attempts', async (t) => {
  const { broker, a, time } = await setUp()
  const events = eventsOf(a)
  for (let i = 0; i < 5; i++) {
    broker.stop()
    broker.start()
    await time(100)
    a.driver.cut('and again')
  }
  await time(1_000)
  t.same(events, ['degraded disconnect: the broker has died', 'restored disconnect 11'])
})

t.test('in flight when the connection breaks: rejected, and a gap for those who miss it', async (t) => {
  const { a, b, time } = await setUp(2, { delayMs: 10 })
  await time(100)
  const gaps: TopicGap[] = []
  const { peer } = b.open({ onGap: (_, gap) => void gaps.push(gap) }, 'room')
  await time(100)
  a.topics.publish('room', '1')
  await time(100)
  const confirmed = a.topics.publishConfirmed('room', '2').catch((error: unknown) => error)
  await time(5)
  a.driver.cut('reset')
  t.match(await confirmed, { code: 'BROKER_UNAVAILABLE', cause: { message: 'reset' } })
  await time(500)
  a.topics.publish('room', '3')
  await time(100)
  t.same(peer.log, ['text 1', 'text 3'])
  t.equal(gaps.length, 1)
})

for (const noEcho of [false, true]) {
  t.test(`a path that is dead in silence${noEcho ? ', by the driver’s own probe' : ''}`, async (t) => {
    const { a, b, time } = await setUp(2, { noEcho })
    const gaps: TopicGap[] = []
    const { peer } = a.open({ onGap: (_, gap) => void gaps.push(gap) }, 'room')
    await time(6_000)
    const events = eventsOf(a)
    a.driver.stall()
    b.topics.publish('room', 'held back')
    await time(10_100)
    t.same(events.slice(0, 1), ['degraded probe: nothing comes back from memory'])
    await time(1_000)
    t.match(events.slice(1), [/^restored probe 2[01]$/], 'by a new connection')
    a.driver.heal()
    b.topics.publish('room', 'after')
    await time(10)
    t.same(
      [peer.log, gaps.length, a.view.state],
      [['text after'], 1, 'up'],
      'nothing comes late as if nothing had happened',
    )
  })
}

t.test('without reconnect it waits until something comes back', async (t) => {
  const { a, b, time } = await setUp(2, { reconnects: false })
  const { peer } = a.open({}, 'room')
  await time(6_000)
  const events = eventsOf(a)
  a.driver.stall()
  await time(20_000)
  t.equal(a.topics.publish('room', 'rejected'), 1)
  t.equal(a.view.counts.rejected, 1)
  t.equal(await a.open().socket.subscribe('room'), false, 'though it is subscribed, nothing comes')
  a.driver.heal()
  await time(6_000)
  t.match(events, [/^degraded probe/, /^restored probe/])
  b.topics.publish('room', 'after')
  await time(10)
  t.same(peer.log, ['text rejected', 'text after'])
})

t.test('a broker that is not there at the start', async (t) => {
  const broker = new MemoryBroker()
  broker.isUp = false
  const node = startNode({}, broker)
  const other = startNode({}, broker)
  const events = eventsOf(node)
  const gaps: TopicGap[] = []
  const { socket, peer } = node.open({ onGap: (_, gap) => void gaps.push(gap) })
  t.equal(await socket.subscribe('room'), false)
  t.same([node.view.state, node.topics.publish('room', 'local')], ['connecting', 1])
  node.driver.sink?.onDown(new Error('ECONNREFUSED'))
  t.equal(node.view.state, 'degraded')
  await pass(broker.clock, 1_000, 100)
  broker.start()
  await pass(broker.clock, 1_000, 100)
  t.match(events, [/^degraded disconnect: ECONNREFUSED/, /^restored disconnect/])
  other.topics.publish('room', 'from others')
  await pass(broker.clock, 10)
  t.same([peer.log, gaps.length], [['text local', 'text from others'], 1])
})

t.test('the first connection is no event, but who subscribed before it has missed something', async (t) => {
  const broker = new MemoryBroker()
  const node = startNode({}, broker)
  const events = eventsOf(node)
  let gaps = 0
  const { socket } = node.open({ onGap: () => void gaps++ })
  t.equal(await socket.subscribe('room'), false)
  await pass(broker.clock, 10)
  t.same([events, gaps, node.view.counts.gaps, node.view.state, node.logged], [[], 1, 0, 'up', []])
})

t.test('too large for the broker', async (t) => {
  const { a, b, time } = await setUp(2, { maxPayloadBytes: 1_017 })
  const { peer } = b.open({}, 'room')
  await time(10)
  for (const size of [1_000, 1_001, 1_002]) a.topics.publish('room', Buffer.alloc(size))
  await t.rejects(a.topics.publishConfirmed('room', Buffer.alloc(1_001)), {
    code: 'BROKER_PAYLOAD_TOO_LARGE',
    local: 0,
  })
  await time(10)
  t.same([peer.log, a.view.counts.rejected], [['binary (1000)'], 3])
  t.match(a.logged, [/larger than the broker takes/])
  t.equal(a.logged.length, 1, 'a line a minute')
})

t.test('what is in flight is bounded', async (t) => {
  const { a, time } = await setUp()
  a.driver.stall()
  const block = Buffer.alloc(1_048_576 - 17)
  for (let i = 0; i < 20; i++) a.topics.publish('room', block)
  t.equal(a.view.counts.rejected, 4)
  t.match(a.logged, [/more slowly than they come/])
  await t.rejects(a.topics.publishConfirmed('room', 'x'), { code: 'BROKER_BACKLOG' })
  a.driver.heal()
  await time(10)
  t.equal(a.view.counts.relayed, 16)
  await Promise.all([a.topics.publishConfirmed('room', 'x'), time(10)])
})

t.test('so are the topics that peers choose', async (t) => {
  const { a } = await setUp()
  a.driver.stall()
  for (let i = 0; i < 1_000; i++) a.topics.publish(`${i}`.padEnd(65_536), '')
  t.ok(a.view.counts.rejected > 850, `${a.view.counts.rejected} of 1,000 with a topic of 64 KiB each`)
  const { a: other } = await setUp()
  other.driver.stall()
  const before = memoryUsage().heapUsed
  const cut = (i: number): string => `room with a long name ${i}|`.padEnd(1_000_000, `${i}`).split('|')[0]
  for (let i = 0; i < 100; i++) other.topics.publish(cut(i), 'x')
  runInNewContext('gc')()
  const held = memoryUsage().heapUsed - before
  t.ok(held < 10_000_000, `${held} bytes for 100 topics out of messages of 1 MB`)
})

t.test('a broker that takes no messages: said once a minute, with its reason', async (t) => {
  const { a, b, time } = await setUp()
  a.driver.takesNothingOn = (topic) => topic === 'room'
  for (let i = 0; i < 100; i++) a.topics.publish('room', 'x')
  await time(10)
  t.same([a.view.state, a.view.counts.rejected, a.logged.length], ['up', 100, 1])
  t.match(a.logged, [/does not take a message/])
  b.driver.takesNothingOn = () => true
  const events = eventsOf(b)
  await time(11_000)
  t.match(events, ['degraded probe: nothing comes back from memory: no permission'])
  b.driver.takesNothingOn = () => false
  await time(6_000)
  b.driver.stall()
  await time(16_000)
  t.match(events.slice(1), [/^restored/, 'degraded probe: nothing comes back from memory', /^restored/])
})

t.test('what is no message of ours is logged once a minute, and harms nobody', async (t) => {
  const { a, b, time } = await setUp()
  const { peer } = b.open({}, 'room')
  await time(10)
  for (let i = 0; i < 100; i++) await Promise.all([a.driver.publish('room', Buffer.from(`{"foreign":${i}}`)), time(5)])
  a.topics.publish('room', 'ours')
  await time(10)
  t.same(peer.log, ['text ours'])
  t.match(b.logged, [/no message/])
  t.equal(b.logged.length, 1)
})

t.test('a listener that throws hurts nobody', async (t) => {
  const { broker, a, time } = await setUp()
  for (const event of ['degraded', 'restored'] as const) {
    a.view.on(event, () => {
      throw new Error('fault')
    })
  }
  broker.stop()
  broker.start()
  await time(500)
  t.equal(a.view.state, 'up')
  t.match(a.logged, [/cannot/, /listener for 'degraded'/, /again/, /listener for 'restored'/])
})

t.test('close: connections first, then the broker; and nothing is left', async (t) => {
  const { broker, clock, a, b, time } = await setUp()
  const [left, told] = [a.open({}, 'room'), b.open({}, 'room')]
  await time(10)
  left.socket.on('close', () => a.topics.publish('room', 'has left'))
  await Promise.all([a.hub.close(), time(100)])
  t.same([told.peer.log, broker.subscribers('room')], [['text has left'], 1])
  t.match(await a.topics.publishConfirmed('room', 'late').catch((error: unknown) => error), {
    code: 'BROKER_UNAVAILABLE',
  })
  a.driver.sink?.onUp()
  a.driver.sink?.onDown(new Error('late'))
  a.driver.sink?.onMessage('room', Buffer.of(1))
  await a.hub.close()
  await a.topics.close()
  b.driver.stall()
  b.topics.publish('room', 'it never goes out')
  b.driver.close = () => Promise.reject(new Error('fault'))
  await Promise.all([b.hub.close(), time(1_100)])
  t.match(b.logged, [/could not be closed/])
  await settle()
  t.equal(clock.timers, 0)
})

t.test('a driver that breaks its word hurts nobody', async (t) => {
  const { a, time } = await setUp()
  const { socket } = a.open()
  const fault = (): never => {
    throw new Error('fault')
  }
  a.driver.publish = fault
  a.driver.subscribe = fault
  a.driver.reconnect = fault
  const subscribed = socket.subscribe('room')
  t.equal(a.topics.publish('room', 'x'), 1)
  await time(100)
  t.equal(await subscribed, false)
  await t.rejects(a.topics.publishConfirmed('room', 'x'), { code: 'BROKER_UNAVAILABLE', cause: { message: 'fault' } })
  await time(12_000)
  t.equal(a.view.state, 'degraded')
  t.match(a.logged.join(), /refuses a subscription.*connected anew/)
})

t.test('the broker is let go of with the last server, and taken hold of again when one listens', async (t) => {
  const { a, b, time } = await setUp()
  const [one, two] = [{}, {}]
  a.hub.openThrough(one)
  a.hub.openThrough(two)
  await a.hub.closeThrough(one)
  await time(10)
  t.equal(a.view.state, 'up', 'another server goes on')
  a.topics.publish('room', 'on its way')
  const closing = a.hub.closeThrough(two)
  a.hub.openThrough(two) // before the broker was let go of
  await time(2_000)
  await closing
  t.equal(a.view.state, 'up')
  const { peer } = a.open({}, 'room')
  await time(10)
  t.equal(b.topics.publish('room', 'again'), 0)
  await time(10)
  t.same(peer.log, ['text again'])
  await Promise.all([a.hub.closeThrough(two), time(20_000)])
  t.equal(a.view.state, 'degraded')
  const { start } = a.driver
  a.driver.start = () => {
    throw new Error('it serves another app by now')
  }
  a.hub.openThrough(two)
  await time(10)
  t.match(a.logged, [/could not be started again/])
  a.driver.start = start
  a.hub.openThrough(two)
  await time(10)
  t.equal(a.view.state, 'up')
  await Promise.all([a.hub.close(), time(20_000)])
  a.hub.openThrough(one)
  await time(1_000)
  t.equal(a.view.state, 'degraded', 'not after its own end')
})
