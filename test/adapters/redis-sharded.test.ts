import { setTimeout as delay } from 'node:timers/promises'
import { createCluster } from 'redis'
import t from 'tap'
import { redisBroker } from '../../adapters/redis.ts'
import { partitionOf, slotOf } from '../../adapters/redis-slots.ts'
import { Peers } from '../support/broker-contract/peer.ts'
import { type BrokerUnderTest, brokerContract, type Line } from '../support/broker-contract.ts'
import { missing } from '../support/broker-program.ts'
import { holdTime } from '../support/held-time.ts'
import { openLine } from '../support/line.ts'
import { RedisCluster } from '../support/redis-cluster.ts'

const PATIENCE_MS = 60_000

t.test('slots are as the cluster computes them', async (t) => {
  t.equal(slotOf('123456789'), 0x31c3, "the example of the cluster's specification")
  t.equal(slotOf(''), 0)
  const partitions = Array.from({ length: 10_000 }, (_, index) => partitionOf(`room:${index}`, 64))
  const sizes = Array.from({ length: 64 }, (_, one) => partitions.filter((partition) => partition === one).length)
  t.ok(Math.min(...sizes) > 80 && Math.max(...sizes) < 250, 'topics are spread evenly')
})

t.test('a cluster of three', { skip: !process.env.CI && missing('redis-server') }, async (t) => {
  const cluster = await RedisCluster.start(t, 3)
  const broker: BrokerUnderTest = {
    create: () => redisBroker(cluster.url, { sharded: true, replyTimeoutMs: 60_000 }),
    subscriptions: () => cluster.subscriptions(),
    stop: () => cluster.kill(),
    start: () => cluster.revive(),
    async createOnLine() {
      const lines = await Promise.all(cluster.programs.map(({ port }) => openLine(t, port)))
      const portOf = new Map(cluster.programs.map(({ port }, index) => [`127.0.0.1:${port}`, lines[index].port]))
      const nodeAddressMap = (address: string) => ({ host: '127.0.0.1', port: portOf.get(address) ?? 0 })
      const target = { rootNodes: lines.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` })), nodeAddressMap }
      const { replyTimeoutMs, ...time } = holdTime()
      return { driver: redisBroker(target, { sharded: true, replyTimeoutMs }), line: allOf(lines), ...time }
    },
  }
  brokerContract(t, 'sharded', broker)

  t.test('is found by the settings of a cluster, and by a client of one', async (t) => {
    const [, second] = cluster.programs
    const rootNodes = [{ url: 'redis://127.0.0.1:1' }, { url: cluster.url }] // the first is not there
    const addresses = { [`127.0.0.1:${second.port}`]: { host: 'localhost', port: second.port } }
    const client = createCluster({ rootNodes: [{ url: cluster.url }] })
    await client.connect()
    t.teardown(() => client.destroy())
    const peers = new Peers(broker, PATIENCE_MS)
    t.teardown(() => peers.close())
    for (const target of [{ rootNodes, nodeAddressMap: addresses }, client]) {
      const [receiver] = await peers.up(1)
      const driver = new Peers({ create: () => redisBroker(target, { sharded: true }) }, PATIENCE_MS)
      const [publisher] = await driver.up(1)
      await receiver.driver.subscribe(['a', 'b', 'c', 'd'])
      await Promise.all(['a', 'b', 'c', 'd'].map((topic) => publisher.publish(topic, topic)))
      await receiver.until('all', () => receiver.heard.length >= 4)
      await driver.close()
    }
    t.pass('both ways')
  })

  t.test('a slot that moves is told, and followed, in traffic', async (t) => {
    const peers = new Peers(broker, PATIENCE_MS)
    t.teardown(() => peers.close())
    const [publisher, receiver] = await peers.up(2)
    const topic = 'moving'
    const slot = slotOf(String(partitionOf(topic, 64)))
    await receiver.driver.subscribe([topic])
    const taken: number[] = []
    let next = 0
    const traffic = setInterval(() => {
      const index = next++
      publisher.publish(topic, String(index)).then(
        () => taken.push(index),
        () => undefined,
      )
    }, 1)
    t.teardown(() => clearInterval(traffic))
    await receiver.until('traffic', () => receiver.heard.length > 50)
    await cluster.move(slot, ((await cluster.ownerOf(slot)) + 1) % 3)
    await receiver.until('back', () => receiver.states.length >= 3 && receiver.isUp)
    await publisher.until('back', () => publisher.states.length >= 3 && publisher.isUp)
    const before = receiver.heard.length
    await receiver.driver.subscribe([topic])
    const from = next
    await receiver.until('traffic again', () => receiver.heard.length > before + 50)
    clearInterval(traffic)
    await peers.fence(publisher, [receiver])
    await publisher.publish(topic, 'last')
    await receiver.until('the last', () => receiver.on(topic).at(-1) === 'last')
    const heard = receiver.on(topic).slice(0, -1).map(Number)
    t.same(
      heard,
      heard.toSorted((a, b) => a - b),
      'in order',
    )
    t.equal(new Set(heard).size, heard.length, 'none twice')
    const lost = taken.filter((index) => index > from && !heard.includes(index))
    t.same(lost, [], 'nothing is lost once it is up and subscribed again')
    t.match(receiver.reasons[0].message, /moved|MOVED/)
  })

  t.test('each slot that moves is told, while subscriptions come and go', async (t) => {
    const peers = new Peers(broker, PATIENCE_MS)
    t.teardown(() => peers.close())
    const [publisher, receiver] = await peers.up(2)
    const topic = 'contended'
    const partition = partitionOf(topic, 64)
    const slot = slotOf(String(partition))
    const others = Array.from({ length: 5_000 }, (_, index) => `other ${index}`)
    const near = others.filter((other) => partitionOf(other, 64) === partition)
    for (let move = 1; move <= 6; move++) {
      await receiver.driver.subscribe([topic])
      let isOver = false
      const churning = (async () => {
        while (!isOver) {
          for (const isOn of [true, false]) {
            const change = isOn ? receiver.driver.subscribe(near) : receiver.driver.unsubscribe(near)
            await change.catch(() => delay(1))
          }
        }
      })()
      await delay(20)
      await cluster.move(slot, ((await cluster.ownerOf(slot)) + 1) % 3)
      await receiver.until('told', () => receiver.states.length >= 2 * move + 1 && receiver.isUp)
      isOver = true
      await churning
      await receiver.until('up', () => receiver.isUp)
      await publisher.until('up', () => publisher.isUp)
      await receiver.driver.subscribe([topic])
      while ((await publisher.publish(topic, String(move)).catch(() => delay(5, 0))) === 0);
      await receiver.until('heard', () => receiver.on(topic).includes(String(move)))
    }
    t.ok(near.length > 20 && receiver.states.length >= 13)
  })
})

function allOf(lines: readonly Line[]): Line {
  return {
    get bytesDown() {
      return lines.reduce((sum, line) => sum + line.bytesDown, 0)
    },
    get bytesUp() {
      return lines.reduce((sum, line) => sum + line.bytesUp, 0)
    },
    stall() {
      for (const line of lines) line.stall()
    },
    heal() {
      for (const line of lines) line.heal()
    },
  }
}
