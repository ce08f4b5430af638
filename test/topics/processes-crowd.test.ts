/** Three processes and their clients, while nothing breaks: who joins and leaves gets what is due, and nothing else. */

import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ChaosBroker, skipWithout } from '../support/chaos/broker.ts'
import { Crowd } from '../support/chaos/crowd.ts'
import { Fleet } from '../support/chaos/fleet.ts'
import { Random } from '../support/chaos/random.ts'
import { EACH, SECONDS, SEED, USUAL } from '../support/chaos/scale.ts'

const CLIENTS = 300
const FLAPS = 10_000
/** Rooms with somebody on each process, and as many people in places of two or three, where the first and the last matter. */
const ROOMS = Array.from({ length: 20 }, (_, at) => `room:${at}`)
const PLACES = Array.from({ length: 400 }, (_, at) => `place:${at}`)
const TOPICS = [...PLACES, ...ROOMS.flatMap((room) => Array(PLACES.length / ROOMS.length).fill(room) as string[])]

t.comment(`SOCKROUTE_SEED=${SEED}`)
t.jobs = 3

for (const name of USUAL) {
  t.test(`${name}: ${CLIENTS} clients for ${SECONDS} s`, { skip: skipWithout(name), buffered: true }, async (t) => {
    const fleet = await Fleet.start(t, await ChaosBroker.start(t, name))
    const crowd = new Crowd(await fleet.joinMany(CLIENTS), TOPICS, new Random(SEED))
    await crowd.begin()
    await delay(SECONDS * 1_000)
    await crowd.end()
    await fleet.settles()
    const { delivered, rejected, inGaps } = fleet.passes(t)
    t.ok(delivered > 500 * SECONDS, `${delivered} were delivered`)
    t.same([rejected, inGaps], [0, 0], 'nothing was lost')
    t.same(fleet.stories, ['', '', ''], 'nobody was told of an outage')
    await Promise.all(fleet.clients.map((client) => client.close()))
    await fleet.agrees()
    t.same(await fleet.broker.census(), {}, 'nothing is left at the broker')
  })
}

for (const name of EACH) {
  t.test(`${name}: ${FLAPS} times in and out of a topic`, { skip: skipWithout(name), buffered: true }, async (t) => {
    const fleet = await Fleet.start(t, await ChaosBroker.start(t, name), 2)
    const [stays, leaves, publisher] = await fleet.joinMany(4)
    const random = new Random(SEED)
    let answer = Promise.resolve(true)
    for (let flap = 0; flap < FLAPS / 2; flap++) {
      for (const client of [stays, leaves]) {
        answer = client.subscribe('flap')
        client.unsubscribe('flap')
      }
      publisher.publish('flap')
      // Mostly at once; at times until the broker has been asked, or about as long as a topic lingers.
      if (flap % 100 === 0) await delay(random.below(10))
      if (flap % 2_000 === 0) await delay(950 + random.below(100))
    }
    await answer
    t.equal(await stays.subscribe('flap'), true)
    publisher.publish('flap')
    await fleet.settles()
    t.same(await fleet.broker.census(), { flap: 1 }, 'the one that stays is subscribed, and no other')
    const { length } = stays.deliveries
    publisher.publish('flap')
    await fleet.quiet()
    t.equal(stays.deliveries.length, length + 1)
    fleet.passes(t)
    stays.unsubscribe('flap')
    await fleet.agrees()
    void leaves.subscribe('flap') // and it is gone before the broker has answered
    leaves.unsubscribe('flap')
    await fleet.settles()
    t.same(await fleet.broker.census(), {}, 'nothing is left at the broker')
  })
}
