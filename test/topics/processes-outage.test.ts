/** The broker is killed, and comes back: what is published meanwhile is rejected at once, and whoever may have missed anything is told. */

import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ChaosBroker, skipWithout } from '../support/chaos/broker.ts'
import { Crowd } from '../support/chaos/crowd.ts'
import { Fleet } from '../support/chaos/fleet.ts'
import { Random } from '../support/chaos/random.ts'
import { LENGTHS_S, ROUNDS, SEED, USUAL } from '../support/chaos/scale.ts'
import type { Published } from '../support/chaos/told.ts'
import { openLine } from '../support/line.ts'
import { until } from '../support/until.ts'

const CLIENTS = 60
const TOPICS = Array.from({ length: 12 }, (_, at) => `room:${at}`)
const OUTAGES_S = Array.from({ length: ROUNDS }, () => LENGTHS_S).flat()
/** A publish that is rejected "at once", on a machine that does other things as well. */
const AT_ONCE_MS = 500

t.comment(`SOCKROUTE_SEED=${SEED}`)
t.jobs = 4

for (const name of USUAL) {
  const skip = skipWithout(name)

  t.test(`${name}: killed, and back after ${OUTAGES_S.join(', ')} s`, { skip, buffered: true }, async (t) => {
    const fleet = await Fleet.start(t, await ChaosBroker.start(t, name))
    const { program } = fleet.broker
    const crowd = new Crowd(await fleet.joinMany(CLIENTS), TOPICS, new Random(SEED))
    await crowd.begin()
    const begins: number[] = []
    const ends: number[] = []
    for (const [round, seconds] of OUTAGES_S.entries()) {
      await delay(1_000)
      begins.push(Date.now())
      await program.kill()
      await delay(seconds * 1_000)
      ends.push(Date.now())
      await program.start()
      const told = 2 * (round + 1)
      await until('all are restored', () => fleet.servers.every(({ outages }) => outages.length === told))
    }
    const restoredAt = lastTold(fleet, 2 * OUTAGES_S.length - 1)
    await delay(2_000)
    await crowd.end()
    await fleet.quiet()
    await fleet.agrees()

    const { lostAt } = fleet.passes(t)
    const restored = OUTAGES_S.map((_, round) => lastTold(fleet, 2 * round + 1))
    const isMeanwhile = (at: number): boolean =>
      begins.some((begin, round) => at > begin - AT_ONCE_MS && at <= restored[round])
    t.same(
      lostAt.filter((at) => !isMeanwhile(at)),
      [],
      'a gap begins early, but nothing was lost there',
    )
    const story = OUTAGES_S.map(() => 'degraded,restored').join()
    t.same(
      fleet.servers.map((server) => server.story),
      [story, story, story],
      'each outage is told once',
    )
    const all = fleet.everyServer.flatMap(({ published }) => published)
    const down = (at: number): boolean => begins.some((begin, round) => at > begin + AT_ONCE_MS && at < ends[round])
    const meanwhile = all.filter(({ at }) => down(at))
    t.ok(meanwhile.length > 100, `${meanwhile.length} were published while it was down`)
    t.same(
      meanwhile.filter(({ isRejected }) => !isRejected),
      [],
      'each is rejected',
    )
    t.same(all.filter(isSlow).slice(0, 3), [], 'at once')
    const afterwards = all.filter(({ at }) => at > restoredAt)
    t.same(
      afterwards.filter(({ isRejected }) => isRejected),
      [],
      'nothing is rejected afterwards',
    )
    const gapEnds = fleet.clients.flatMap(({ gaps }) => gaps.map(({ to }) => to))
    t.ok(
      gapEnds.every((to) => to <= restoredAt + AT_ONCE_MS),
      'and nothing is in a gap',
    )
  })

  t.test(`${name}: one comes back two seconds after the others`, { skip, buffered: true }, async (t) => {
    const broker = await ChaosBroker.start(t, name)
    const fleet = await Fleet.start(t, broker, 2)
    const line = await openLine(t, broker.program.port)
    const late = await fleet.startServer('late', { url: broker.url(line.port) })
    const others = fleet.servers.filter((server) => server !== late)
    const clients = await fleet.joinMany(6, ['news'])
    const publishers = clients.filter(({ origin }) => origin !== late.name)
    const publishing = setInterval(() => {
      for (const client of publishers) client.publish('news')
    }, 20)
    t.teardown(() => clearInterval(publishing))
    await delay(500)
    await broker.program.kill()
    await until('late is degraded', () => late.story === 'degraded')
    line.stall()
    await broker.program.start()
    await until('the others are restored', () => others.every(({ outages }) => outages.length === 2))
    const from = Date.now()
    await delay(2_000)
    const to = Date.now()
    t.equal(late.story, 'degraded', 'it is not there yet')
    line.heal()
    await until('late is restored', () => late.outages.length === 2)
    await delay(1_000)
    clearInterval(publishing)
    await fleet.quiet()
    await fleet.agrees()
    fleet.passes(t)

    const published = others.flatMap((server) => server.published)
    const meanwhile = published.filter(({ at }) => at > from && at < to)
    t.ok(meanwhile.length > 20 && meanwhile.every(({ isRejected }) => !isRejected), `${meanwhile.length} were taken`)
    for (const { origin, gaps } of clients.filter((client) => client.origin === late.name)) {
      const isTold = ({ at }: Published): boolean => gaps.some((gap) => gap.from <= at && at <= gap.to)
      t.ok(meanwhile.every(isTold), `a client of ${origin} knows that it missed them`)
    }
    t.same(
      fleet.servers.map(({ story }) => story),
      Array(3).fill('degraded,restored'),
    )
  })
}

/** When the last of the processes told this of its story. */
function lastTold({ servers }: Fleet, index: number): number {
  return Math.max(...servers.map(({ outages }) => outages[index].at))
}

function isSlow({ isRejected, tookMs }: Published): boolean {
  return isRejected && tookMs > AT_ONCE_MS
}
