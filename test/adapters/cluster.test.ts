import cluster from 'node:cluster'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { type ClusterRelay, clusterBroker, clusterPrimary } from '../../adapters/cluster.ts'
import { Peers } from '../support/broker-contract/peer.ts'
import { type BrokerUnderTest, brokerContract } from '../support/broker-contract.ts'
import { type RemoteDriver, Workers } from '../support/remote-driver.ts'

const PATIENCE_MS = 60_000
const MEBIBYTE = 1_048_576

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** In buffers that somebody still has. */
async function heldBytes(): Promise<number> {
  await delay(100)
  collect()
  await delay(100) // buffers go a turn after what had them
  collect()
  return process.memoryUsage().external
}

for (const serialization of ['advanced', 'json'] as const) {
  t.test(`workers over ${serialization}`, async (t) => {
    const workers = new Workers(t, serialization)
    let relay: ClusterRelay = clusterPrimary()
    t.teardown(() => relay.close())
    const broker: BrokerUnderTest = {
      create: () => workers.driver({ replyTimeoutMs: 60_000 }), // it is given up by nobody, however busy the machine is
      subscriptions: async () => relay.subscriptions,
      stop: async () => relay.close(),
      start: async () => {
        relay = clusterPrimary()
      },
    }
    brokerContract(t, serialization, broker)
  })
}

t.test('a worker that is killed leaves nothing, and hurts nobody', async (t) => {
  const workers = new Workers(t, 'advanced')
  const relay = clusterPrimary()
  t.teardown(() => relay.close())
  const peers = new Peers({ create: () => workers.driver() }, PATIENCE_MS)
  const [publisher, receiver] = await peers.up(2)
  const victim = await workers.driver()
  victim.start({ onMessage: () => undefined, onUp: () => undefined, onDown: () => undefined })
  await receiver.driver.subscribe(['topic'])
  while (
    !(await victim.subscribe(['topic', 'own']).then(
      () => true,
      () => false,
    ))
  );
  t.equal(relay.subscriptions, 3)
  t.equal(await publisher.publish('topic', 'to both'), 2)
  const exit = new Promise((resolve) => victim.worker.once('exit', resolve))
  victim.worker.process.kill('SIGKILL')
  await exit
  t.equal(relay.subscriptions, 1)
  t.equal(await publisher.publish('topic', 'to one'), 1)
  await receiver.until('both', () => receiver.on('topic').length === 2)
  t.same([publisher.states, receiver.states], [['up'], ['up']])
})

t.test('a worker that does not read costs the primary no more than the limit, and is told', async (t) => {
  const workers = new Workers(t, 'advanced')
  const relay = clusterPrimary({ maxBacklogBytes: 4 * MEBIBYTE })
  t.teardown(() => relay.close())
  const peers = new Peers({ create: () => workers.driver({ replyTimeoutMs: 60_000 }) }, PATIENCE_MS)
  const [publisher, receiver, stalled] = await peers.up(3)
  await Promise.all([receiver, stalled].map((peer) => peer.driver.subscribe(['flood'])))
  const { worker } = stalled.driver as RemoteDriver
  worker.process.kill('SIGSTOP')
  const before = await heldBytes()
  const envelope = Buffer.alloc(MEBIBYTE)
  for (let sent = 0; sent < 100; sent++) {
    await publisher.driver.publish('flood', envelope)
    await receiver.until('its own', () => receiver.heard.length > sent)
    receiver.heard[sent] = { ...receiver.heard[sent], envelope: Buffer.alloc(0) }
  }
  const more = (await heldBytes()) - before
  t.ok(more < 30 * MEBIBYTE, `${Math.round(more / MEBIBYTE)} MiB more than before, of 100 that were published`)
  worker.process.kill('SIGCONT')
  await stalled.until('up again', () => stalled.states.length === 3)
  t.same([stalled.states, receiver.states], [['up', 'down', 'up'], ['up']])
  t.match(stalled.reasons[0].message, /fallen behind/)
  t.ok(stalled.heard.length < 20, `${stalled.heard.length} messages waited for it`)
  t.equal(await publisher.publish('flood', 'after'), 1, 'nothing is subscribed to by then')
})

t.test('nor do the topics that somebody has chosen', async (t) => {
  const workers = new Workers(t, 'advanced')
  const relay = clusterPrimary({ maxBacklogBytes: MEBIBYTE })
  t.teardown(() => relay.close())
  const peers = new Peers({ create: () => workers.driver({ replyTimeoutMs: 60_000 }) }, PATIENCE_MS)
  const [publisher, stalled] = await peers.up(2)
  const topic = 'x'.repeat(65_536)
  await stalled.driver.subscribe([topic])
  const { worker } = stalled.driver as RemoteDriver
  worker.process.kill('SIGSTOP')
  for (let sent = 0; sent < 100; sent++) await publisher.publish(topic, '')
  worker.process.kill('SIGCONT')
  await stalled.until('up again', () => stalled.states.length === 3)
  t.match(stalled.reasons[0].message, /fallen behind/)
})

t.test('a worker that was busy for long is not down', async (t) => {
  const workers = new Workers(t, 'advanced')
  const relay = clusterPrimary()
  t.teardown(() => relay.close())
  // The primary is this process: on a busy machine it needs as long as that to answer.
  const peers = new Peers({ create: () => workers.driver({ replyTimeoutMs: 1_000 }) }, PATIENCE_MS)
  const [publisher, busy] = await peers.up(2)
  await busy.driver.subscribe(['topic'])
  const { driver } = busy
  const asked = (driver as RemoteDriver).publish('x', Buffer.alloc(1))
  const blocked = (driver as RemoteDriver).ask('block', { ms: 2_500 })
  await publisher.publish('topic', 'meanwhile')
  await Promise.all([asked, blocked])
  await busy.until('heard', () => busy.on('topic').length === 1)
  await driver.probe?.()
  t.same(busy.states, ['up'])
})

t.test('a primary that does not relay is told in a sentence that helps', async (t) => {
  const workers = new Workers(t, 'advanced')
  const peers = new Peers({ create: () => workers.driver({ replyTimeoutMs: 400 }) }, PATIENCE_MS)
  const peer = await peers.started()
  await peer.until('down', () => peer.states.length > 0)
  t.match(peer.reasons[0].message, /call clusterPrimary\(\) of sockroute\/cluster/)
  const relay = clusterPrimary()
  t.teardown(() => relay.close())
  await peer.until('up', () => peer.isUp)
})

t.test('two drivers in one worker are two', async (t) => {
  const workers = new Workers(t, 'advanced')
  const relay = clusterPrimary()
  t.teardown(() => relay.close())
  const driver = await workers.driver()
  await driver.ask('start')
  await driver.ask('create') // the first goes on
  await driver.ask('start')
  while (
    !(await driver.subscribe(['topic']).then(
      () => true,
      () => false,
    ))
  );
  t.equal(relay.subscriptions, 1)
  await driver.close()
})

t.test('each side says where it belongs', async (t) => {
  t.throws(() => clusterBroker(), { name: 'TypeError', message: /for a worker/ })
  t.throws(() => clusterPrimary({ maxBacklogBytes: 0 }), { name: 'TypeError', message: /maxBacklogBytes takes/ })
  const relay = clusterPrimary()
  t.throws(() => clusterPrimary(), { name: 'TypeError', message: /already/ })
  relay.close()
  clusterPrimary().close()
  t.equal(cluster.listenerCount('message'), 0)
  const workers = new Workers(t, 'advanced')
  await t.rejects(workers.driver({ maxPayloadBytes: -1 }), /maxPayloadBytes takes/)
  await t.rejects(workers.driver({ prefix: 'app:' } as object), /prefix has no meaning/)
})
