/** One subscriber of a thousand does not read: it alone misses messages, and costs no more than its limit. */

import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ChaosBroker, skipWithout } from '../support/chaos/broker.ts'
import { ChaosClient } from '../support/chaos/client.ts'
import { Fleet } from '../support/chaos/fleet.ts'
import { USUAL } from '../support/chaos/scale.ts'
import { until } from '../support/until.ts'

const READERS = 998
const MESSAGES = 25
const EVERY_MS = 100
const BULK_BYTES = 16_384
/** Fewer than a socket may have waiting: it is too slow only when the system takes no more of it. */
const AT_ONCE = 3
/** Little, so that a slow subscriber is one soon. */
const MAX_BUFFERED_BYTES = 65_536
const MAX_RSS_BYTES = 64 * 1_048_576

const [name] = USUAL

/** Publishes to all, and returns how many deliveries that makes, and how long they take in the middle, and the slowest hundredth at least. */
async function told(fleet: Fleet, publisher: ChaosClient): Promise<{ count: number; p50: number; p99: number }> {
  const from = fleet.clients.map(({ deliveries }) => deliveries.length)
  for (let left = MESSAGES; left > 0; left--) {
    publisher.publish('all')
    await delay(EVERY_MS)
  }
  await fleet.quiet()
  const news = fleet.clients.flatMap(({ deliveries }, at) => deliveries.slice(from[at]))
  const sorted = news.map(({ at, receivedAt }) => receivedAt - at).sort((one, other) => one - other)
  const at = (part: number): number => sorted[Math.floor(sorted.length * part)]
  return { count: news.length, p50: at(0.5), p99: at(0.99) }
}

/** Does not read, and gets so much that its server has more for it than it keeps. */
async function stuck(t: Test, fleet: Fleet, path: string): Promise<ChaosClient> {
  const [server] = fleet.servers
  const client = await ChaosClient.open(`slow${path}`, server.name, server.url + path)
  t.teardown(() => client.socket.terminate())
  const bulk = `bulk${path}`
  await Promise.all([client.subscribe(bulk), client.subscribe('all')])
  client.socket.pause()
  const [publisher] = fleet.clients
  await until('it is stuck', async () => {
    for (let left = AT_ONCE; left > 0; left--) publisher.publish(bulk, BULK_BYTES)
    return (await server.figures()).onDropped[bulk] > 0
  })
  return client
}

t.test(`one of ${READERS + 2} subscribers does not read`, { skip: skipWithout(name) }, async (t) => {
  const fleet = await Fleet.start(t, await ChaosBroker.start(t, name), 2, { maxBufferedBytes: MAX_BUFFERED_BYTES })
  const [server] = fleet.servers
  const [publisher] = await fleet.joinMany(READERS, ['all'])
  await fleet.quiet()
  const before = await told(fleet, publisher)
  const { rss } = await server.figures()

  const dropping = await stuck(t, fleet, '/drop')
  await fleet.quiet()
  const meanwhile = await told(fleet, publisher)
  const figures = await server.figures()
  t.equal(figures.onDropped.all, MESSAGES, 'the application is told of each that it did not get')
  t.equal(figures.dropped, figures.onDropped.all + figures.onDropped['bulk/drop'], 'they are counted')
  t.ok(
    figures.mostUnsent > 0 && figures.mostUnsent <= MAX_BUFFERED_BYTES + 2 * BULK_BYTES,
    `${figures.mostUnsent} unsent`,
  )
  t.ok(figures.rss < rss + MAX_RSS_BYTES, `${rss} bytes of memory before, ${figures.rss} now`)
  t.comment(`before ${JSON.stringify(before)}, meanwhile ${JSON.stringify(meanwhile)}`)
  // It reads nothing until later: whoever waited for it would have got nothing. How fast it is, bench/ measures.
  const all = (fleet.clients.length - 1) * MESSAGES
  t.same([before.count, meanwhile.count], [all, all], 'the others do not wait for it')

  const closing = await stuck(t, fleet, '/close')
  await fleet.quiet()
  const { onDropped } = await server.figures()
  t.equal(onDropped['bulk/close'], 1, 'where the route says so, one message too many')
  closing.socket.resume()
  t.equal(await closing.closed, 1013, 'is the end')

  dropping.socket.resume()
  await fleet.quiet()
  const { length } = dropping.deliveries
  publisher.publish('all')
  await until('it gets messages again', () => dropping.deliveries.length > length)
  await fleet.quiet()
  const { rejected, inGaps } = fleet.passes(t)
  t.same([rejected, inGaps], [0, 0], 'the others have missed nothing')
})
