import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { Connection } from '../../src/connection.ts'
import type { Hub } from '../../src/hub.ts'
import type { AppOptions } from '../../src/options.ts'
import { prepare } from '../../src/prepared.ts'
import { settle } from '../support/open.ts'
import { type NodeSocket, startNode, type TopicNode } from '../support/topic-node.ts'

setFlagsFromString('--expose-gc')

const setUp = (options?: AppOptions): TopicNode => startNode(options)

const logs = (opened: readonly NodeSocket[]): string[][] => opened.map(({ peer }) => peer.log)

t.test('all who are subscribed, each once, and nobody else', async (t) => {
  const { topics, view, open } = setUp()
  const [one, two, three] = [open(), open(), open()]
  t.equal(await one.socket.subscribe('a'), true)
  t.equal(await one.socket.subscribe('a'), true)
  t.equal(await two.socket.subscribe('a'), true)
  void three.socket.subscribe('b')
  t.same([view.size, [...view], view.count('a'), view.count('b'), view.count('c')], [2, ['a', 'b'], 2, 1, 0])
  t.equal(topics.publish('a', 'news'), 2)
  t.equal(topics.publish('c', 'to nobody'), 0)
  t.equal(one.socket.publish('a', 'not mine'), 1)
  t.equal(three.socket.publish('a', 'from outside'), 2)
  t.equal(topics.publish('b', Buffer.of(255), { except: one.socket }), 1)
  t.equal(topics.publish('b', 'x', { except: three.socket }), 0)
  t.equal(topics.publish('b', 'as bytes', { binary: true, local: true }), 1)
  two.socket.unsubscribe('a')
  two.socket.unsubscribe('a')
  t.equal(topics.publish('a', prepare('ready')), 1)
  t.same(await topics.publishConfirmed('a', 'sure'), { local: 1 })
  await settle()
  t.same(logs([one, two, three]), [
    ['text news', 'text from outside', 'text ready', 'text sure'],
    ['text news', 'text not mine', 'text from outside'],
    ['binary ff', 'binary as bytes'],
  ])
  t.same(view.counts, { published: 9, relayed: 0, rejected: 0, received: 0, dropped: 0, gaps: 0 })
  t.equal(view.state, 'local')
})

t.test('a socket knows its topics', async (t) => {
  const { open } = setUp()
  const { socket } = open()
  const { topics } = socket
  t.same([topics.size, [...topics], topics.has('a')], [0, [], false])
  for (const topic of ['a', 'b', 'c']) void socket.subscribe(topic)
  t.same([topics.size, [...topics], topics.has('a'), topics.has('x')], [3, ['a', 'b', 'c'], true, false])
  for (const topic of topics) socket.unsubscribe(topic)
  t.same([topics.size, [...topics]], [0, []])
})

t.test('in order with what the socket sends itself, and in the same write', async (t) => {
  const { topics, open } = setUp()
  const { socket, peer, transport } = open({}, 'a')
  socket.send('1')
  topics.publish('a', '2')
  socket.send('3')
  topics.publish('a', '4')
  await settle()
  t.same(peer.log, ['text 1', 'text 2', 'text 3', 'text 4'])
  t.equal(transport.writes.length, 1)
  socket.send('5', { fin: false })
  topics.publish('a', '6')
  socket.send('7')
  await settle()
  t.same(peer.log.slice(4), ['text 5...', 'continuation 7', 'text 6'], 'not between the parts of a message')
})

t.test('misuse is thrown at the caller, and changes nothing', async (t) => {
  const { topics, view, open } = setUp()
  const { socket } = open({}, 'a')
  for (const topic of ['', undefined, 1, '\ud800'] as never[]) {
    t.throws(() => socket.subscribe(topic), { name: 'TypeError', message: /^subscribe\(\)/ })
    t.throws(() => socket.unsubscribe(topic), { name: 'TypeError', message: /^unsubscribe\(\)/ })
    t.throws(() => socket.publish(topic, 'x'), { name: 'TypeError', message: /^publish\(\)/ })
    await t.rejects(topics.publishConfirmed(topic, 'x'), { name: 'TypeError' })
  }
  t.throws(() => socket.subscribe('x'.repeat(65_537)), { name: 'RangeError' })
  t.throws(() => topics.publish('a', { text: 'x' } as never), { name: 'TypeError', message: /^publish\(\).*stringify/ })
  t.throws(() => topics.publish('a', 'x', { except: {} as never }), { name: 'TypeError', message: /except/ })
  t.same([[...view], view.counts.published], [['a'], 0])
})

t.test('maxTopics, since what a topic is called often comes from the peer', async (t) => {
  const { hub, view, open } = setUp({ maxTopics: 2 })
  const { socket } = open({}, 'a')
  void socket.subscribe('b')
  t.doesNotThrow(() => socket.subscribe('a'), 'it has that')
  t.throws(() => socket.subscribe('c'), { name: 'RangeError', message: /maxTopics/ })
  t.same([[...socket.topics], [...view], hub.limitsHit.maxTopics], [['a', 'b'], ['a', 'b'], 1])
  socket.unsubscribe('a')
  t.equal(await socket.subscribe('c'), true)
  const free = open({ maxTopics: 'unlimited' })
  for (let i = 0; i < 20_000; i++) void free.socket.subscribe(`topic ${i}`)
  t.equal(free.socket.topics.size, 20_000)
  free.socket.terminate()
  t.equal(view.size, 2)
})

t.test('long topics, and what they were cut out of, fill no memory', async (t) => {
  const { view, open } = setUp({ maxTopics: 100 })
  const { socket } = open()
  const long = (i: number): string => `${i}`.padEnd(30_000)
  for (let i = 0; i < 3; i++) void socket.subscribe(long(i))
  t.throws(() => socket.subscribe(long(3)), { name: 'RangeError', message: /topics of 90000 characters.*maxTopics/ })
  socket.unsubscribe(long(0))
  t.doesNotThrow(() => socket.subscribe(long(3)))
  t.equal(view.size, 3)
  socket.terminate()

  const other = open().socket
  const before = memoryUsage().heapUsed
  const cut = (i: number): string => `room with a long name ${i}|`.padEnd(1_000_000, `${i}`).split('|')[0]
  for (let i = 0; i < 100; i++) {
    void other.subscribe(cut(i))
  }
  for (let i = 0; i < 50; i++) other.unsubscribe(cut(i))
  runInNewContext('gc')()
  const held = memoryUsage().heapUsed - before
  t.ok(held < 10_000_000, `${held} bytes for 50 topics out of messages of 1 MB`)
  t.equal(other.topics.size, 50)
})

const ends: [how: string, end: (opened: NodeSocket, hub: Hub) => unknown][] = [
  ['close', ({ socket }) => socket.close()],
  ['terminate', ({ socket }) => socket.terminate()],
  ['a close frame of the peer', ({ peer }) => peer.close(1000)],
  ['a reset', ({ peer }) => peer.end.reset()],
  ['an end without a close frame', ({ peer }) => peer.hangUp()],
  ['a fault of the peer', ({ peer }) => peer.raw(Buffer.of(0xff, 0xff))],
  ['an error of the transport', ({ transport }) => transport.destroy(new Error('EIO'))],
  ['the budget of all', (_, hub) => hub.budget.charge(1e12)],
  ['the end of the app', (_, hub) => hub.close()],
]

for (const [how, end] of ends) {
  t.test(`nothing is left after ${how}, and 'close' still tells what there was`, async (t) => {
    const { hub, topics, view, open } = setUp()
    const opened = open({}, 'a')
    void opened.socket.subscribe('b')
    opened.peer.text('held, so that the budget finds it')
    await settle()
    let atClose: string[] = []
    opened.socket.on('close', () => {
      atClose = [...opened.socket.topics]
      topics.publish('a', 'has left')
    })
    void end(opened, hub)
    await settle()
    t.same([view.size, view.count('a'), topics.publish('a', 'x')], [0, 0, 0])
    t.equal(await opened.socket.subscribe('late'), false)
    t.equal(view.size, 0)
    opened.socket.unsubscribe('a')
    await settle()
    t.same(atClose, ['a', 'b'])
    t.same([opened.socket.topics.size, view.size], [0, 0])
  })
}

t.test('a socket that is closing gets nothing more, and counts for nobody', async (t) => {
  const { topics, view, open } = setUp()
  const { socket, peer } = open({}, 'a')
  peer.answersClose = false
  socket.close()
  t.same([topics.publish('a', 'late'), view.count('a'), socket.readyState], [0, 0, 2])
  t.equal(await socket.subscribe('b'), false)
  await settle()
  t.same([peer.log, view.size], [['close'], 0])
})

const KIB = 'x'.repeat(1_024)

t.test(`slowSubscriber: 'drop': it gets nothing until it has drained, and slows nobody`, async (t) => {
  const dropped: unknown[] = []
  const { hub, topics, view, open } = setUp({ maxBufferedBytes: 10_000 })
  const onDropped = (socket: Connection, topic: string): void => void dropped.push([socket, topic])
  const slow = open({ onDropped }, 'a')
  const others = Array.from({ length: 99 }, () => open({}, 'a'))
  slow.transport.hold()
  for (let i = 0; i < 100; i++) {
    t.ok(topics.publish('a', KIB) >= 99)
    await settle(2)
  }
  for (const { peer } of others) t.equal(peer.log.length, 100)
  t.ok(slow.socket.bufferedAmount < 12_000, `${slow.socket.bufferedAmount}`)
  t.equal(view.counts.dropped, 90)
  t.equal(hub.limitsHit.slowSubscriber, 90)
  t.same([dropped.length, dropped[0]], [90, [slow.socket, 'a']])
  slow.transport.release()
  await settle()
  t.equal(topics.publish('a', 'again'), 100)
  await settle()
  t.same(slow.peer.log.slice(9), [`text (1024)`, 'text again'])
})

t.test(`slowSubscriber: 'close': 1013 behind what was sent before`, async (t) => {
  const { hub, topics, view, open } = setUp({ maxBufferedBytes: 10_000, slowSubscriber: 'close' })
  const slow = open({}, 'a')
  const kept = open({ slowSubscriber: 'drop' }, 'a')
  for (const { transport } of [slow, kept]) transport.hold()
  for (let i = 0; i < 20; i++) topics.publish('a', KIB)
  t.same([slow.socket.readyState, kept.socket.readyState, view.count('a')], [2, 1, 1])
  t.equal(hub.limitsHit.slowSubscriber, 11)
  slow.transport.release()
  await settle()
  t.equal(slow.peer.log.length, 11)
  t.match(slow.peer.log.at(-1), /^close 1013 /)
})

t.test('what waits for the end of a fragmented message is bounded, too', async (t) => {
  const { topics, open } = setUp({ maxBufferedBytes: 10_000 })
  const { socket } = open({}, 'a')
  socket.send('begun', { fin: false })
  for (let i = 0; i < 1_000; i++) topics.publish('a', KIB)
  t.ok(socket.bufferedAmount < 12_000, `${socket.bufferedAmount}`)
  t.equal(socket.readyState, 1)
})

t.test('what onDropped throws goes where handlers’ errors go', async (t) => {
  const errors: unknown[] = []
  const { topics, open } = setUp({ maxBufferedBytes: 10, onError: (error) => void errors.push(error) })
  const fault = new Error('fault')
  const faults = [
    () => {
      throw fault
    },
    async () => {
      throw fault
    },
  ]
  for (const onDropped of faults) {
    const { socket, transport } = open({ onDropped }, 'a')
    transport.hold()
    topics.publish('a', KIB)
    t.doesNotThrow(() => topics.publish('a', KIB))
    await settle()
    socket.terminate()
  }
  t.same(errors, [fault, fault])
})

t.test('onDropped may subscribe, unsubscribe, publish and close', async (t) => {
  const { topics, view, open } = setUp({ maxBufferedBytes: 10 })
  const all: NodeSocket[] = []
  const prompt = open()
  let calls = 0
  const acts: ((socket: Connection) => void)[] = [
    (socket) => {
      socket.unsubscribe('a')
      void socket.subscribe('a')
    },
    (socket) => socket.terminate(),
    () => {
      for (const { socket } of all) socket.unsubscribe('a')
    },
    (socket) => {
      void prompt.socket.subscribe('late')
      socket.publish('late', 'in between')
    },
  ]
  for (const act of acts) {
    const onDropped = (socket: Connection): void => {
      calls++
      act(socket)
    }
    all.push(open({ onDropped }, 'a'))
  }
  for (const { transport } of all) transport.hold()
  t.equal(topics.publish('a', KIB), 4)
  t.equal(topics.publish('a', KIB), 0)
  t.equal(calls, 4)
  await settle()
  t.same([[...view], prompt.peer.log], [['late'], ['text in between']])
})

t.test('10,000 times in and out', async (t) => {
  const { topics, view, open } = setUp()
  const [steady, flapping] = [open({}, 'a'), open()]
  for (let i = 0; i < 10_000; i++) {
    void flapping.socket.subscribe('a')
    flapping.socket.unsubscribe('a')
  }
  t.same([topics.publish('a', '1'), view.count('a'), flapping.socket.topics.size], [1, 1, 0])
  steady.socket.unsubscribe('a')
  t.equal(view.size, 0)
})
