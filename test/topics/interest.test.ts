import t from 'tap'
import { Interest } from '../../src/topics/interest.ts'
import { MemoryBroker, type MemoryBrokerOptions } from '../support/memory-broker.ts'
import { settle } from '../support/open.ts'
import { pass } from '../support/topic-node.ts'

async function setUp(options: MemoryBrokerOptions = {}) {
  const broker = new MemoryBroker(options)
  const { clock } = broker
  const driver = broker.driver()
  const wanted = new Set<string>()
  const refused: unknown[] = []
  const fresh: string[] = []
  const late: string[] = []
  const owner = {
    isWanted: (topic: string) => wanted.has(topic),
    wanted: () => wanted,
    onLate: (topic: string, since: number) => void late.push(`${topic} since ${since}`),
    onBroken: (topic: string) => void fresh.push(topic),
    onRefused: (error: unknown) => void refused.push(error),
  }
  const interest = new Interest(driver, owner, clock)
  driver.start({
    onMessage: () => undefined,
    onUp: () => void interest.up().then((isDone) => ups.push(isDone)),
    onDown: () => interest.down(),
  })
  const ups: boolean[] = []
  const want = (topic: string): Promise<boolean> => {
    wanted.add(topic)
    return interest.want(topic)
  }
  const release = (topic: string): void => {
    wanted.delete(topic)
    interest.release(topic)
  }
  await pass(clock, 5)
  return { broker, clock, driver, interest, wanted, want, release, refused, fresh, late, ups }
}

/** What a promise has come to so far. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise, settle(1).then(() => 'pending')])
}

t.test('subscribed when the broker has acknowledged, and no earlier', async (t) => {
  const { broker, clock, want, interest } = await setUp({ delayMs: 10 })
  const [first, second] = [want('a'), want('a')]
  t.equal(first, second, 'who comes meanwhile waits for the same')
  await settle()
  t.same([await stateOf(first), interest.has('a')], ['pending', true])
  await pass(clock, 11)
  t.same([await stateOf(first), broker.subscribers('a')], ['pending', 1])
  await pass(clock, 10)
  t.equal(await stateOf(first), true)
  t.equal(await stateOf(want('a')), true, 'and then at once')
})

t.test('what one turn wants goes in one call, of 250 topics at most', async (t) => {
  const { driver, clock, want, release, broker } = await setUp()
  for (let i = 0; i < 600; i++) void want(`topic ${i}`)
  await pass(clock, 5)
  t.same(driver.calls, ['subscribe 250', 'subscribe 250', 'subscribe 100'])
  for (let i = 0; i < 600; i++) release(`topic ${i}`)
  await pass(clock, 1_010)
  t.same(driver.calls.slice(3), ['unsubscribe 250', 'unsubscribe 250', 'unsubscribe 100'])
  t.equal(driver.subscribed.size, 0)
  t.equal(broker.subscribers('topic 1'), 0)
})

t.test('a grace second; who comes back within it costs the broker nothing', async (t) => {
  const { driver, clock, want, release, broker, interest } = await setUp()
  void want('a')
  await pass(clock, 5)
  release('a')
  await pass(clock, 900)
  t.equal(broker.subscribers('a'), 1)
  t.equal(await stateOf(want('a')), true)
  await pass(clock, 2_000, 100)
  t.same(driver.calls, ['subscribe 1'])
  release('a')
  await pass(clock, 495)
  void want('b')
  await pass(clock, 5)
  release('b')
  await pass(clock, 520)
  t.same([broker.subscribers('a'), broker.subscribers('b'), interest.has('a')], [0, 1, false])
  await pass(clock, 500)
  t.equal(broker.subscribers('b'), 0)
  t.equal(clock.timers, 0)
})

t.test('10,000 flaps end as the last of them', async (t) => {
  for (const isWanted of [true, false]) {
    const { driver, clock, want, release, broker } = await setUp()
    for (let i = 0; i < 10_000; i++) {
      void want('a')
      release('a')
      if (i % 1_000 === 0) await pass(clock, 1)
    }
    if (isWanted) void want('a')
    await pass(clock, 3_000, 100)
    t.equal(broker.subscribers('a'), isWanted ? 1 : 0)
    t.ok(driver.calls.length <= 2, driver.calls.join())
  }
})

t.test('wanted again while it is being unsubscribed: subscribed behind that', async (t) => {
  const { driver, clock, want, release, broker, fresh } = await setUp({ delayMs: 100 })
  void want('a')
  await pass(clock, 210)
  release('a')
  await pass(clock, 1_010)
  const again = want('a')
  void want('b')
  await pass(clock, 150)
  t.same(driver.calls, ['subscribe 1', 'unsubscribe 1'])
  t.equal(await stateOf(again), 'pending')
  await pass(clock, 300)
  t.same(driver.calls.slice(2), ['subscribe 2'])
  t.same([await stateOf(again), broker.subscribers('a')], [true, 1])
  t.same(fresh, ['a', 'a', 'a', 'b'], 'before it is asked for, and when it is let go of')
})

t.test('nobody waits for ever', async (t) => {
  const { driver, clock, want, late } = await setUp()
  driver.stall()
  const waiting = want('a')
  await pass(clock, 3_990, 10)
  t.equal(await stateOf(waiting), 'pending')
  await pass(clock, 20, 10)
  t.equal(await stateOf(waiting), false)
  driver.heal()
  await pass(clock, 5)
  t.equal(await stateOf(want('a')), true, 'it holds all the same')
  t.same(late, ['a since 5'], 'and who was told that it does not hears from when on it did not')
})

t.test('down: everybody who waits hears it, and nothing is asked of the broker', async (t) => {
  const { broker, driver, clock, want, release, interest } = await setUp({ delayMs: 10 })
  void want('on')
  await pass(clock, 25)
  release('on')
  const coming = want('coming')
  await pass(clock, 5)
  broker.stop()
  t.equal(await stateOf(coming), false)
  t.equal(await stateOf(want('late')), false)
  t.notOk(interest.has('on'))
  release('late')
  await pass(clock, 2_000, 100)
  t.same(driver.calls, ['subscribe 1', 'subscribe 1'])
  t.equal(clock.timers, 0)
})

t.test('up: all that is wanted then, in batches, eight of them at a time', async (t) => {
  const { broker, driver, clock, want, release, ups } = await setUp({ delayMs: 10 })
  t.same(ups.splice(0), [true])
  for (let i = 0; i < 3_000; i++) void want(`topic ${i}`)
  await pass(clock, 100, 10)
  broker.stop()
  for (let i = 0; i < 500; i++) release(`topic ${i}`)
  void want('meanwhile')
  driver.calls.length = 0
  broker.start()
  await pass(clock, 105, 5)
  t.equal(driver.calls.length, 8)
  t.same(ups, [])
  await pass(clock, 50, 5)
  t.same(driver.calls, [...Array(10).fill('subscribe 250'), 'subscribe 1'])
  t.same([ups, driver.subscribed.size, broker.subscribers('topic 0')], [[true], 2_501, 0])
})

t.test('lost again before all is subscribed', async (t) => {
  const { broker, clock, want, ups } = await setUp({ delayMs: 10 })
  void want('a')
  await pass(clock, 50, 5)
  ups.length = 0
  for (let i = 0; i < 3; i++) {
    broker.stop()
    broker.start()
    await pass(clock, 105, 5)
  }
  await pass(clock, 50, 5)
  t.same(ups, [false, false, true])
})

t.test('what the broker refuses is tried again each second', async (t) => {
  const { broker, driver, clock, want, release, refused, late } = await setUp()
  driver.refuses = () => true
  const waiting = want('a')
  await pass(clock, 5)
  t.equal(await stateOf(waiting), false)
  await pass(clock, 2_000, 10)
  t.ok(refused.length >= 2, `${refused.length}`)
  driver.refuses = () => false
  await pass(clock, 1_010, 10)
  t.equal(broker.subscribers('a'), 1)
  t.same(late, ['a since 5'])
  driver.refuses = () => true
  release('a')
  await pass(clock, 2_000, 10)
  t.equal(broker.subscribers('a'), 1, 'it would not let go')
  t.equal(await stateOf(want('a')), true)
  release('a')
  driver.refuses = () => false
  await pass(clock, 2_010, 10)
  t.equal(broker.subscribers('a'), 0)
})

t.test('after an outage, too: it is not over while everything is refused', async (t) => {
  const { broker, driver, clock, want, ups } = await setUp()
  for (const topic of ['a', 'b']) void want(topic)
  await pass(clock, 5)
  ups.length = 0
  driver.refuses = () => true
  broker.stop()
  broker.start()
  await pass(clock, 2_000, 10)
  t.same(ups, [])
  driver.refuses = () => false
  await pass(clock, 1_100, 10)
  t.same([ups, [...driver.subscribed.keys()].sort()], [[true], ['a', 'b']])
})

t.test('one topic that is refused keeps no other', async (t) => {
  const { broker, driver, clock, want, late, ups } = await setUp()
  driver.refuses = (topic) => topic.startsWith('secret')
  const isSecret = (i: number): boolean => i % 100 === 50
  for (let i = 0; i < 600; i++) void want(isSecret(i) ? `secret ${i}` : `topic ${i}`)
  await pass(clock, 2_000, 10)
  t.same([driver.subscribed.size, late.length], [594, 594], 'and all have been told when from')
  t.same(await Promise.all([want('secret 50'), want('new'), pass(clock, 5)]), [false, true, undefined])
  ups.length = 0
  broker.stop()
  broker.start()
  await pass(clock, 2_000, 10)
  t.same([ups, driver.subscribed.size], [[true], 595])
  driver.calls.length = 0
  await pass(clock, 10_000, 10)
  t.ok(driver.calls.length <= 70, `${driver.calls.length} calls for six topics in ten seconds`)
  driver.refuses = () => false
  await pass(clock, 1_100, 10)
  t.equal(driver.subscribed.size, 601)
})

t.test('a broker that refuses everything is not flooded, and has all soon after it does not', async (t) => {
  const { driver, clock, want } = await setUp()
  driver.refuses = () => true
  for (let i = 0; i < 2_000; i++) void want(`topic ${i}`)
  await pass(clock, 20_000, 20)
  driver.calls.length = 0
  await pass(clock, 10_000, 20)
  t.ok(driver.calls.length <= 1_100, `${driver.calls.length} calls in ten seconds`)
  driver.refuses = () => false
  await pass(clock, 2_500, 20)
  t.equal(driver.subscribed.size, 2_000)
})

t.test('what nobody wants any more when its turn comes is not asked for', async (t) => {
  const { driver, clock, want, release } = await setUp()
  driver.stall()
  void want('first')
  for (let i = 0; i < 100_000; i++) {
    void want(`passing ${i}`)
    release(`passing ${i}`)
    if (i % 1_000 === 0) await pass(clock, 1)
  }
  void want('last')
  driver.heal()
  await pass(clock, 10)
  t.same([...driver.subscribed.keys()].sort().slice(0, 2), ['first', 'last'])
  t.ok(driver.calls.length < 20 && driver.subscribed.size < 20, driver.calls.join())
})
