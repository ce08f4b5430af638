/** The network is cut and nobody is told: each process has to find out by itself, and what comes late is in a gap. */

import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ChaosBroker, skipWithout } from '../support/chaos/broker.ts'
import { canHaveNetworks, type Direction, openWay, type Way } from '../support/chaos/cuts.ts'
import { Fleet } from '../support/chaos/fleet.ts'
import { USUAL } from '../support/chaos/scale.ts'
import { until } from '../support/until.ts'

const CUT_MS = 8_000
/** What only listens has nothing but its probes: two intervals, and a little for the machine. */
const PROBES_MS = 10_000
const SPEAKS_MS = 2_000
/** A system that has lost a packet has sent it for the sixth time by then. */
const TRIED_AGAIN_MS = 16_000
const PUBLISH_EVERY_MS = 50
/** The broker listens to all networks of this machine here; whoever is on them may come in. */
const OPEN = { 'redis-server': ['--bind', '0.0.0.0', '--protected-mode', 'no'], 'nats-server': ['-a', '0.0.0.0'] }

/**
 * Who is cut off. The one that speaks has no subscribers, and publishes no more once it is back: no later message shows that one is
 * old. The one that listens publishes nothing, and is cut off until it has noticed.
 */
const CUTS: [name: string, direction: Direction][] = [
  ['both', 'both'],
  ['up', 'to the broker'],
  ['down', 'from the broker'],
  ['speaking', 'both'],
  ['listening', 'both'],
]

t.comment(canHaveNetworks() ? 'by networks of their own' : 'by a proxy: there is no right to have networks')
t.jobs = 2

for (const name of USUAL) {
  t.test(`${name}: the network is cut`, { skip: skipWithout(name), buffered: true }, async (t) => {
    const broker = await ChaosBroker.start(t, name, ...(name === 'valkey-server' ? OPEN['redis-server'] : OPEN[name]))
    const fleet = await Fleet.start(t, broker, 2)
    const ways = new Map<string, Way>()
    for (const [name] of CUTS) {
      const way = await openWay(t, broker)
      await fleet.startServer(name, way.orders, way.command)
      ways.set(name, way)
    }
    for (const server of [...fleet.servers, ...fleet.servers]) {
      await fleet.join(server, server.name === 'speaking' ? [] : ['news', 'old-news'])
    }
    const speakers = fleet.clients.filter(({ origin }) => origin !== 'listening' && origin !== 'speaking')
    const publishing = setInterval(() => {
      for (const client of speakers) client.publish('news')
    }, PUBLISH_EVERY_MS)
    t.teardown(() => clearInterval(publishing))
    await delay(1_000)

    const cutAt = Date.now()
    for (const [name, direction] of CUTS) ways.get(name)?.cut(direction)
    const [speaker] = fleet.clients.filter(({ origin }) => origin === 'speaking')
    const begin = performance.now()
    while (performance.now() < begin + CUT_MS) {
      if (performance.now() < begin + SPEAKS_MS) speaker.publish('old-news')
      await delay(PUBLISH_EVERY_MS)
    }
    for (const [name] of CUTS) if (name !== 'listening') ways.get(name)?.heal()
    const [listening] = fleet.servers.filter((server) => server.name === 'listening')
    await until('the one that listens is degraded', () => listening.story === 'degraded')
    ways.get('listening')?.heal()
    const cut = fleet.servers.filter((server) => ways.has(server.name))
    await until('all are restored', () => cut.every(({ outages }) => outages.length === 2))
    const restoredAt = Date.now()
    await delay(Math.max(2_000, cutAt + TRIED_AGAIN_MS - restoredAt))
    clearInterval(publishing)
    await fleet.quiet()
    await fleet.agrees()
    fleet.passes(t)

    for (const { name, story, outages } of cut) {
      t.equal(story, 'degraded,restored', `${name} tells it once`)
      const [degraded, restored] = outages
      t.ok(degraded.at - cutAt < PROBES_MS + 500, `${name} is degraded after ${degraded.at - cutAt} ms`)
      t.ok(restored.kind === 'restored' && restored.from < cutAt && restored.to >= restored.at - 100)
    }
    const others = fleet.servers.filter((server) => !ways.has(server.name))
    t.same(
      others.map(({ story }) => story),
      ['', ''],
      'the others have seen no outage',
    )
    const afterwards = fleet.everyServer.flatMap(({ published }) => published).filter(({ at }) => at > restoredAt)
    t.same(afterwards.filter(({ isRejected }) => isRejected).slice(0, 3), [], 'nothing is rejected afterwards')
  })
}
