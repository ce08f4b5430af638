/** "Log this user out everywhere", over each broker there is: two processes' worth of sockets, one of which gives the order. */

import t, { type Test } from 'tap'
import { clusterPrimary } from '../../adapters/cluster.ts'
import { natsBroker } from '../../adapters/nats.ts'
import { redisBroker } from '../../adapters/redis.ts'
import { Hub } from '../../src/hub.ts'
import type { Broker } from '../../src/topics/broker.ts'
import type { Upgrade } from '../../src/upgrade.ts'
import { BrokerProgram, missing, natsCommand, redisCommand } from '../support/broker-program.ts'
import { freePort } from '../support/free-port.ts'
import { pair } from '../support/pair.ts'
import { Peer } from '../support/peer.ts'
import { Workers } from '../support/remote-driver.ts'
import { until } from '../support/until.ts'

/** Makes the driver of one process. */
type Driver = () => Broker | Promise<Broker>

const BROKERS: Record<string, { readonly skip: string | false; start(t: Test): Promise<Driver> }> = {
  Redis: {
    skip: !process.env.CI && missing('redis-server'),
    async start(t) {
      const { port } = await BrokerProgram.start(t, redisCommand('redis-server'))
      return () => redisBroker(`redis://127.0.0.1:${port}`)
    },
  },
  NATS: {
    skip: !process.env.CI && missing('nats-server'),
    async start(t) {
      const { port } = await BrokerProgram.start(t, natsCommand(await freePort()))
      return () => natsBroker(`nats://127.0.0.1:${port}`)
    },
  },
  'workers of a cluster': {
    skip: false,
    async start(t) {
      const workers = new Workers(t, 'advanced')
      const relay = clusterPrimary()
      t.teardown(() => relay.close())
      return () => workers.driver()
    },
  },
}

/** Of a handshake the hub asks no more than this. */
const upgrade = { elapsedMs: 0, inForce: {} } as unknown as Upgrade

async function startProcess(t: Test, broker: Broker): Promise<{ hub: Hub; peers: Peer[] }> {
  const hub = new Hub({ broker, drain: { spreadMs: 0, deadlineMs: 0 } }, { warn: t.comment, error: t.comment })
  t.teardown(() => hub.close())
  const peers = [1, 2].map((userId) => {
    const [transport, far] = pair()
    const opening = { settings: hub.settings, protocol: '', handler: () => undefined, request: '', server: undefined }
    hub.open(transport, Buffer.alloc(0), opening, upgrade).connection.data = { userId }
    return new Peer(far)
  })
  await until('the broker is up', () => hub.topics.state === 'up')
  return { hub, peers }
}

for (const [name, { skip, start }] of Object.entries(BROKERS)) {
  t.test(name, { skip }, async (t) => {
    const driver = await start(t)
    const [one, other] = [await startProcess(t, await driver()), await startProcess(t, await driver())]
    t.equal(await one.hub.staying.close({ userId: 1 }, 4001, 'logged out'), 1)
    await until('the other process has closed it', () => other.peers[0].log.length > 0)
    for (const { peers } of [one, other]) {
      t.same(
        peers.map(({ log }) => log),
        [['close 4001 logged out'], []],
      )
    }
  })
}
