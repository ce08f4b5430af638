/** The network is cut and nobody is told: each process has to find out by itself, and what comes late is in a gap. */

import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ChaosBroker, skipWithout } from '../support/chaos/broker.ts'
import { canHaveNetworks, type Direction, openWay, type Way } from '../support/chaos/cuts.ts'
import { Fleet, LATE_MS } from '../support/chaos/fleet.ts'
import { USUAL } from '../support/chaos/scale.ts'
import type { ServerProcess } from '../support/chaos/server-process.ts'
import { until } from '../support/until.ts'

const CUT_MS = 8_000
/** What only listens has nothing but its probes: two intervals, and as much as a busy machine is late. */
const NOTICED_MS = 10_000 + LATE_MS
const SPEAKS_MS = 2_000
/** A system that has lost a packet has sent it for the sixth time by then. */
const TRIED_AGAIN_MS = 16_000
const PUBLISH_EVERY_MS = 50
/** The broker listens to all networks of this machine here; whoever is on them may come in. */
const REDIS = ['--bind', '0.0.0.0', '--protected-mode', 'no']
const OPEN = { 'redis-server': REDIS, 'valkey-server': REDIS, 'nats-server': ['-a', '0.0.0.0'] }

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

/** Processes with a way of their own to the broker, by name. */
async function startOnWays(t: Test, fleet: Fleet): Promise<Map<string, Way>> {
  const ways = new Map<string, Way>()
  for (const [name] of CUTS) {
    const way = await openWay(t, fleet.broker)
    await fleet.startServer(name, way.orders, way.command)
    ways.set(name, way)
  }
  for (const server of [...fleet.servers, ...fleet.servers]) {
    await fleet.join(server, server.name === 'speaking' ? [] : ['news', 'old-news'])
  }
  return ways
}

/** Cuts all, and mends them again; fulfils when all have noticed both. */
async function cutAndHeal({ servers, clients }: Fleet, ways: Map<string, Way>): Promise<void> {
  for (const [name, direction] of CUTS) ways.get(name)?.cut(direction)
  const speakers = clients.filter(({ origin }) => origin === 'speaking')
  const begin = performance.now()
  while (performance.now() < begin + CUT_MS) {
    if (performance.now() < begin + SPEAKS_MS) for (const client of speakers) client.publish('old-news')
    await delay(PUBLISH_EVERY_MS)
  }
  for (const [name] of CUTS) if (name !== 'listening') ways.get(name)?.heal()
  const cut = servers.filter(({ name }) => ways.has(name))
  await until('all are degraded', () => cut.every(({ outages }) => outages.length > 0))
  ways.get('listening')?.heal()
  await until('all are restored', () => cut.every(({ outages }) => outages.length === 2))
}

function passesOutage(t: Test, { name, story, outages }: ServerProcess, cutAt: number): void {
  const [degraded, restored] = outages
  t.equal(story, 'degraded,restored', `${name} tells it once`)
  t.ok(degraded.at - cutAt < NOTICED_MS, `${name} is degraded after ${degraded.at - cutAt} ms`)
  t.ok(
    restored.kind === 'restored' && restored.from < cutAt && restored.to >= restored.at - LATE_MS,
    'all of it is a gap',
  )
}

t.comment(canHaveNetworks() ? 'by networks of their own' : 'by a proxy: there is no right to have networks')
t.jobs = 2

for (const name of USUAL) {
  t.test(`${name}: the network is cut`, { skip: skipWithout(name), buffered: true }, async (t) => {
    const fleet = await Fleet.start(t, await ChaosBroker.start(t, name, ...OPEN[name]), 2)
    const ways = await startOnWays(t, fleet)
    const speakers = fleet.clients.filter(({ origin }) => origin !== 'listening' && origin !== 'speaking')
    const stop = fleet.publishing(speakers, 'news', PUBLISH_EVERY_MS)
    await delay(1_000)
    const cutAt = Date.now()
    await cutAndHeal(fleet, ways)
    const restoredAt = Date.now()
    await delay(Math.max(2_000, cutAt + TRIED_AGAIN_MS - restoredAt))
    stop()
    await fleet.settles()

    const { lostAt } = fleet.passes(t)
    t.ok(
      lostAt.length > 0 && lostAt.every((at) => at > cutAt - LATE_MS && at <= restoredAt),
      'what is lost was cut off',
    )
    t.same(fleet.stories.slice(0, 2), ['', ''], 'the others have seen no outage')
    for (const server of fleet.servers.slice(2)) passesOutage(t, server, cutAt)
    const afterwards = fleet.published.filter(({ at }) => at > restoredAt)
    t.notOk(
      afterwards.some(({ isRejected }) => isRejected),
      'nothing is rejected afterwards',
    )
  })
}
