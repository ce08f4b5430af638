/** The broker is killed, and comes back: what is published meanwhile is rejected at once, and whoever may have missed anything is told. */

import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ChaosBroker, skipWithout } from '../support/chaos/broker.ts'
import type { ChaosClient } from '../support/chaos/client.ts'
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
/** How much later than the others one process comes back. */
const HELD_BACK_MS = 2_000
const PUBLISH_EVERY_MS = 20
/** A publish that is rejected "at once", on a machine that does other things as well. */
const AT_ONCE_MS = 1_500

t.comment(`SOCKROUTE_SEED=${SEED}`)
t.jobs = 4

/** One stretch without the broker. */
interface Outage {
  readonly begin: number
  readonly end: number
  /** When the last of the processes had told that it was over. */
  readonly restored: number
}

/** The broker goes and comes, as often as it is to. */
async function killAndStart({ broker, servers }: Fleet): Promise<Outage[]> {
  const outages: Outage[] = []
  for (const seconds of OUTAGES_S) {
    await delay(1_000)
    const begin = Date.now()
    await broker.program.kill()
    await delay(seconds * 1_000)
    const end = Date.now()
    await broker.program.start()
    const told = 2 * (outages.length + 1)
    await until('all are restored', () => servers.every((server) => server.outages.length === told))
    outages.push({ begin, end, restored: Math.max(...servers.map((server) => server.outages[told - 1].at)) })
  }
  return outages
}

function passesRejections(t: Test, { published }: Fleet, outages: readonly Outage[]): void {
  const isDown = ({ at }: Published): boolean => outages.some(({ begin, end }) => at > begin + AT_ONCE_MS && at < end)
  const meanwhile = published.filter(isDown)
  t.ok(meanwhile.length > 100, `${meanwhile.length} were published while it was down`)
  t.ok(meanwhile.every(isRejected), 'each is rejected')
  t.same(published.filter((one) => isRejected(one) && one.tookMs > AT_ONCE_MS).slice(0, 3), [], 'at once')
}

/** From when on nothing may be missing any more. */
function passesAfterwards(t: Test, { published, clients }: Fleet, restoredAt: number): void {
  const afterwards = published.filter(({ at }) => at > restoredAt)
  t.ok(afterwards.length > 100, `${afterwards.length} were published afterwards`)
  t.notOk(afterwards.some(isRejected), 'none is rejected')
  const latest = Math.max(...clients.flatMap(({ gaps }) => gaps.map(({ to }) => to)))
  t.ok(latest <= restoredAt + AT_ONCE_MS, 'and none is in a gap')
}

function isRejected(message: Published): boolean {
  return message.isRejected
}

for (const name of USUAL) {
  const skip = skipWithout(name)

  t.test(`${name}: killed, and back after ${OUTAGES_S.join(', ')} s`, { skip, buffered: true }, async (t) => {
    const fleet = await Fleet.start(t, await ChaosBroker.start(t, name))
    const crowd = new Crowd(await fleet.joinMany(CLIENTS), TOPICS, new Random(SEED))
    await crowd.begin()
    const outages = await killAndStart(fleet)
    await delay(2_000)
    await crowd.end()
    await fleet.settles()

    const { lostAt } = fleet.passes(t)
    const isMeanwhile = (at: number): boolean =>
      outages.some(({ begin, restored }) => at > begin - AT_ONCE_MS && at <= restored)
    t.ok(lostAt.every(isMeanwhile), 'a gap begins early, but nothing was lost there')
    const story = OUTAGES_S.map(() => 'degraded,restored').join()
    t.same(fleet.stories, [story, story, story], 'each outage is told once')
    passesRejections(t, fleet, outages)
    passesAfterwards(t, fleet, outages[outages.length - 1].restored)
  })

  t.test(`${name}: one comes back two seconds after the others`, { skip, buffered: true }, async (t) => {
    const broker = await ChaosBroker.start(t, name)
    const fleet = await Fleet.start(t, broker, 2)
    const others = [...fleet.servers]
    const line = await openLine(t, broker.program.port)
    const late = await fleet.startServer('late', { url: broker.url(line.port) })
    const clients = await fleet.joinMany(6, ['news'])
    const isLate = ({ origin }: ChaosClient): boolean => origin === late.name
    const stop = fleet.publishing(
      clients.filter((client) => !isLate(client)),
      'news',
      PUBLISH_EVERY_MS,
    )
    await delay(500)
    await broker.program.kill()
    await until('late is degraded', () => late.story === 'degraded')
    line.stall()
    await broker.program.start()
    await until('the others are restored', () => others.every(({ outages }) => outages.length === 2))
    const from = Date.now()
    await delay(HELD_BACK_MS)
    const to = Date.now()
    t.equal(late.story, 'degraded', 'it is not there yet')
    line.heal()
    await until('late is restored', () => late.outages.length === 2)
    await delay(1_000)
    stop()
    await fleet.settles()

    fleet.passes(t)
    t.same(fleet.stories, Array(3).fill('degraded,restored'))
    const meanwhile = fleet.published.filter(({ at }) => at > from && at < to)
    t.ok(meanwhile.length > 100 && !meanwhile.some(isRejected), `${meanwhile.length} were taken meanwhile`)
    for (const { client, gaps } of clients.filter(isLate)) {
      const isTold = ({ at }: Published): boolean => gaps.some((gap) => gap.from <= at && at <= gap.to)
      t.ok(meanwhile.every(isTold), `${client} knows that it has missed them`)
    }
  })
}
