import t from 'tap'
import { ConnectionLog } from '../src/connection-log.ts'
import { NamedCounts, NamedThings, Times } from '../src/counting.ts'
import type { Hub } from '../src/hub.ts'
import { Observer } from '../src/observer.ts'
import { RouteCounts } from '../src/route-counts.ts'
import type { Wire } from '../src/wire.ts'
import { FakeClock } from './support/clock.ts'

t.test('names that others choose are bounded', async (t) => {
  const counts = new NamedCounts(2)
  for (const name of ['1000', '4001', '4002', '4003', '1000']) counts.add(name)
  t.same(counts.all, { 1000: 2, 4001: 1, other: 2 })
  const things = new NamedThings(2, () => ({ seen: 0 }))
  for (let i = 0; i < 1_000; i++) things.of(`/rooms/${i}`).seen++
  t.same(Object.fromEntries(things), { '/rooms/0': { seen: 1 }, '/rooms/1': { seen: 1 }, other: { seen: 998 } })
  t.same([things.nameOf('/rooms/1'), things.nameOf('/rooms/7')], ['/rooms/1', 'other'])
})

t.test('a time falls into the first bucket whose bound it does not exceed', async (t) => {
  const cases: [ms: number, bucket: number][] = [
    [0, 0],
    [1, 0],
    [1.01, 1],
    [10_000, 12],
    [10_001, 13],
  ]
  for (const [ms, bucket] of cases) {
    const times = new Times()
    times.add(ms)
    const { boundsMs, counts, count, sumMs } = times.all
    t.same([counts.indexOf(1), counts.length, count, sumMs], [bucket, boundsMs.length + 1, 1, ms], `${ms} ms`)
  }
})

t.test('a sum has all of its parts, and is none of them', async (t) => {
  const traffic = {
    receivedBytes: 10,
    outbox: { writtenBytes: 20, unsentBytes: 3 },
    intake: { messages: 1 },
    sender: { messages: 2 },
  }
  const [ended, open, sum] = [new RouteCounts(), new RouteCounts(), new RouteCounts()]
  ended.opened = 2
  ended.closed.add('1000')
  ended.refused.add('app')
  ended.roundTrips.add(7)
  ended.addTraffic(traffic)
  open.addOpen(traffic)
  for (const { all } of [ended, open]) sum.add(all)
  t.match(sum.all, {
    open: 1,
    opened: 2,
    closed: { 1000: 1 },
    refused: { app: 1 },
    messagesReceived: 2,
    messagesSent: 4,
    bytesReceived: 20,
    bytesSent: 40,
    backlogBytes: 3,
    roundTrips: { count: 1, sumMs: 7 },
  })
  t.equal(open.all.opened, 0)
})

t.test('no counter of the app falls because another route has met new codes', async (t) => {
  const observer = new Observer(new FakeClock(), new ConnectionLog({ settings: { logger: undefined } } as Hub)) // nobody opens, nor is refused
  const close = (route: string, closeCode: number): void => {
    const wire = { route, closeCode, outbox: { writtenBytes: 0 }, intake: { messages: 0 }, sender: { messages: 0 } }
    observer.closed(wire as Wire) // as far as it is asked
  }
  close('/a', 1000)
  close('/b', 4999)
  const before = observer.metrics([], 0)
  t.same(before.closed, { 1000: 1, 4999: 1 })
  for (let code = 4000; code < 4100; code++) close('/a', code)
  const { closed, routes } = observer.metrics([], 0)
  t.equal(closed[4999], 1)
  t.equal(closed.other, 69)
  t.equal(routes['/a'].closed.other, 69)
})
