/** A process is stopped until the broker has had enough of it: it knows afterwards what it may have missed. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type BrokerName, ChaosBroker, skipWithout } from '../support/chaos/broker.ts'
import { Fleet, LATE_MS } from '../support/chaos/fleet.ts'
import { USUAL } from '../support/chaos/scale.ts'
import { until } from '../support/until.ts'

const LARGE_BYTES = 65_536
/** Less than the broker keeps for a subscriber. */
const AT_ONCE = 8
/** Behind the cut as many again: none of them may wait anywhere for the one that is stopped. */
const MORE = 200
const MAX_RSS_BYTES = 64 * 1_048_576

t.jobs = 2

/** So that the broker keeps a mebibyte for a subscriber, and no more. */
function withLittleRoom(t: Test, name: BrokerName): string[] {
  if (name !== 'nats-server') return ['--client-output-buffer-limit', 'pubsub 1mb 1mb 1']
  const folder = mkdtempSync(join(tmpdir(), 'sockroute-nats-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'nats.conf')
  writeFileSync(file, 'max_pending: 1048576\nwrite_deadline: "1s"') // it goes on trying for that long
  return ['-c', file]
}

for (const name of USUAL) {
  t.test(`${name}: a process is stopped`, { skip: skipWithout(name), buffered: true }, async (t) => {
    const broker = await ChaosBroker.start(t, name, ...withLittleRoom(t, name))
    const fleet = await Fleet.start(t, broker)
    const [going, , stopped] = fleet.servers
    const clients = await fleet.joinMany(6, ['flood', 'news'])
    const [publisher] = clients.filter(({ origin }) => origin === going.name)
    const processes = async (): Promise<number> => (await fleet.broker.census()).flood
    t.equal(await processes(), 3)
    publisher.publish('news')
    await fleet.quiet()
    const { rss } = await stopped.figures()

    stopped.signal('SIGSTOP')
    const stoppedAt = Date.now()
    await until('the broker has cut it off', async () => {
      for (let left = AT_ONCE; left > 0; left--) publisher.publish('flood', LARGE_BYTES)
      return (await processes()) === 2
    })
    for (let left = MORE; left > 0; left--) {
      publisher.publish('flood', LARGE_BYTES)
      if (left % AT_ONCE === 0) await delay(20)
    }
    publisher.publish('news')
    await delay(1_000)
    stopped.signal('SIGCONT')
    await until('it is restored', () => stopped.outages.length === 2)
    await delay(500)
    publisher.publish('news')
    await fleet.settles()

    const { inGaps, rejected } = fleet.passes(t)
    t.ok(inGaps >= 2 * MORE, `${inGaps} were lost, and its clients know`)
    // NATS reads more slowly from whoever publishes to one that does not read, until it cuts that off.
    if (name !== 'nats-server') t.equal(rejected, 0, 'the broker has taken all')
    t.same(fleet.stories, ['', '', 'degraded,restored'])
    const [, restored] = stopped.outages
    t.ok(restored.kind === 'restored' && restored.from < stoppedAt && restored.to >= restored.at - LATE_MS)
    for (const { gaps } of clients.filter(({ origin }) => origin === stopped.name)) {
      t.ok(
        gaps.some(({ topics, from }) => topics.length === 2 && from < stoppedAt),
        'told of both topics',
      )
    }
    const { rss: now } = await stopped.figures()
    t.ok(now < rss + MAX_RSS_BYTES, `${rss} bytes of memory before, ${now} now`)
  })
}
