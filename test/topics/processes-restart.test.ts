/** Processes die and are replaced: the others notice nothing, and clients go on elsewhere. */

import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ChaosBroker, skipWithout } from '../support/chaos/broker.ts'
import type { ChaosClient } from '../support/chaos/client.ts'
import { Crowd } from '../support/chaos/crowd.ts'
import { Fleet } from '../support/chaos/fleet.ts'
import { Random } from '../support/chaos/random.ts'
import { SEED, USUAL } from '../support/chaos/scale.ts'
import { until } from '../support/until.ts'

const CLIENTS = 60
const TOPICS = Array.from({ length: 12 }, (_, at) => `room:${at}`)

t.comment(`SOCKROUTE_SEED=${SEED}`)
t.jobs = 2

for (const name of USUAL) {
  t.test(`${name}: one is killed, then all are replaced`, { skip: skipWithout(name), buffered: true }, async (t) => {
    const fleet = await Fleet.start(t, await ChaosBroker.start(t, name))
    const random = new Random(SEED)
    const crowd = new Crowd(await fleet.joinMany(CLIENTS), TOPICS, random)
    const all = (): boolean => crowd.clients.every(({ isOpen }) => isOpen)
    crowd.returns((topics) => fleet.join(random.of(fleet.servers), topics))
    await crowd.begin()
    await delay(1_000)

    const [, killed] = fleet.servers
    const before = crowd.clients.filter(({ origin }) => origin === killed.name)
    const only = await fleet.join(killed, ['only there'])
    await until('only it has the topic', async () => (await fleet.broker.census())['only there'] === 1)
    await fleet.endServer(killed, 'SIGKILL')
    t.equal(await only.closed, 1006)
    await until('the broker knows', async () => !('only there' in (await fleet.broker.census())))
    await until('its clients are elsewhere', all)
    t.ok(before.length > 0 && before.every((client) => !crowd.clients.includes(client)), `${before.length} have moved`)
    await delay(1_000)

    for (const [at, old] of [...fleet.servers, undefined].entries()) {
      const port = old?.port ?? killed.port
      if (old !== undefined) await fleet.endServer(old, 'SIGTERM')
      await fleet.startServer(`new${at}`, { port })
      await until('its clients are elsewhere', all)
      await delay(500)
    }
    const arrivals = await fleet.joinMany(3, TOPICS)
    const gets = ({ deliveries }: ChaosClient): boolean => deliveries.length > 100
    await until('who comes to the new ones gets what is published', () => arrivals.every(gets))
    await crowd.end()
    await fleet.settles()

    const { inGaps } = fleet.passes(t)
    t.equal(inGaps, 0, 'nothing was lost')
    t.same(
      fleet.everyServer.map(({ story }) => story).filter((story) => story !== ''),
      [],
      'nobody saw an outage',
    )
    t.same(
      fleet.clients.flatMap(({ gaps }) => gaps),
      [],
      'nobody was told of a gap',
    )
    const refusing = fleet.everyServer.filter(({ published }) => published.some(({ isRejected }) => isRejected))
    t.same(
      refusing.filter((server) => fleet.servers.includes(server)),
      [],
      'only who was ending has rejected anything',
    )
  })
}
