/** Three processes and their clients, while nothing breaks: who joins and leaves gets what is due, and nothing else. */

import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ChaosBroker, skipWithout } from '../support/chaos/broker.ts'
import { Crowd } from '../support/chaos/crowd.ts'
import { Fleet } from '../support/chaos/fleet.ts'
import { Random } from '../support/chaos/random.ts'
import { SECONDS, SEED, USUAL } from '../support/chaos/scale.ts'

const CLIENTS = 300
const TOPICS = Array.from({ length: 60 }, (_, at) => `room:${at}`)

t.comment(`SOCKROUTE_SEED=${SEED}`)
t.jobs = 2

for (const name of USUAL) {
  t.test(`${name}: ${CLIENTS} clients for ${SECONDS} s`, { skip: skipWithout(name), buffered: true }, async (t) => {
    const fleet = await Fleet.start(t, await ChaosBroker.start(t, name))
    const crowd = new Crowd(await fleet.joinMany(CLIENTS), TOPICS, new Random(SEED))
    await crowd.begin()
    await delay(SECONDS * 1_000)
    await crowd.end()
    await fleet.quiet()
    await fleet.agrees()
    const { delivered, rejected, inGaps } = fleet.passes(t)
    t.ok(delivered > 500 * SECONDS, `${delivered} were delivered`)
    t.same([rejected, inGaps], [0, 0], 'nothing was lost')
    t.same(
      fleet.servers.map(({ story }) => story),
      ['', '', ''],
      'nobody was told of an outage',
    )
    await Promise.all(fleet.clients.map((client) => client.close()))
    await fleet.agrees()
    t.same(await fleet.broker.census(), {}, 'nothing is left at the broker')
  })
}
