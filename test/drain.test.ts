import t from 'tap'
import { type Departing, Drain } from '../src/drain.ts'
import { FakeClock } from './support/clock.ts'
import { settle } from './support/open.ts'

class Member implements Departing {
  goodbyes: string[] = []
  terminations = 0
  depart(goodbye: Buffer): void {
    this.goodbyes.push(`${goodbye.readUInt16BE(0)} ${goodbye.length}`)
  }
  terminate(): void {
    this.terminations++
  }
}

const members = (count: number): Member[] => Array.from({ length: count }, () => new Member())
const options = { spreadMs: 5_000, deadlineMs: 10_000, code: 1001 } as const

async function isDone(drain: Drain): Promise<boolean> {
  return Promise.race([drain.done.then(() => true), settle().then(() => false)])
}

t.test('nobody to wait for', async (t) => {
  const clock = new FakeClock()
  t.ok(await isDone(new Drain([], options, clock)))
  t.equal(clock.timers, 0)
})

t.test('§7.4.1 under 100 connections all are told at once', async (t) => {
  for (const code of [1001, 1012] as const) {
    const clock = new FakeClock()
    const all = members(99)
    const drain = new Drain(all, { ...options, code }, clock)
    t.ok(all.every(({ goodbyes }) => goodbyes.join() === `${code} 2`))
    for (const member of all.slice(1)) drain.onGone(member)
    t.notOk(await isDone(drain))
    drain.onGone(all[0])
    drain.onGone(all[0])
    t.ok(await isDone(drain))
    t.equal(clock.timers, 0)
  }
})

t.test('B11 from 100 on they are told over the whole spread, evenly', async (t) => {
  for (const [count, spreadMs] of [
    [100, 5_000],
    [1_000, 5_000],
    [10_000, 5_000],
    [150, 100],
    [200, 10],
  ] as const) {
    const clock = new FakeClock()
    const all = members(count)
    const told = (): number => all.filter(({ goodbyes }) => goodbyes.length > 0).length
    const drain = new Drain(all, { ...options, spreadMs, deadlineMs: 20_000 }, clock)
    if (spreadMs > 100) {
      t.ok(told() < count / 50, 'not all at once')
      clock.advance(spreadMs * 0.25)
      const early = told()
      t.ok(early > count * 0.2 && early < count * 0.65, `${early} of ${count} after a quarter`)
    }
    clock.advance(spreadMs)
    t.equal(told(), count)
    t.ok(all.every(({ goodbyes }) => goodbyes.length === 1))
    for (const member of all) drain.onGone(member)
    t.ok(await isDone(drain))
    t.equal(clock.timers, 0)
  }
})

t.test('spreadMs 0: at once, however many', async (t) => {
  const all = members(500)
  const drain = new Drain(all, { ...options, spreadMs: 0 }, new FakeClock())
  t.ok(all.every(({ goodbyes }) => goodbyes.length === 1))
  for (const member of all) drain.onGone(member)
  t.ok(await isDone(drain))
})

t.test('what is left at the deadline is terminated', async (t) => {
  const clock = new FakeClock()
  const all = members(3)
  const drain = new Drain(all, options, clock)
  drain.onGone(all[0])
  clock.advance(9_999)
  t.same(
    all.map(({ terminations }) => terminations),
    [0, 0, 0],
  )
  clock.advance(1)
  t.same(
    all.map(({ terminations }) => terminations),
    [0, 1, 1],
  )
  for (const member of all) drain.onGone(member)
  t.ok(await isDone(drain))
  t.equal(clock.timers, 0)
})

t.test('a handshake that becomes a connection is told in its turn', async (t) => {
  const [handshake, connection, stranger] = members(3)
  const drain = new Drain([handshake], options, new FakeClock())
  drain.onReplaced(handshake, connection)
  t.same(connection.goodbyes, ['1001 2'])
  drain.onReplaced(new Member(), stranger)
  t.same(stranger.goodbyes, [], 'one that was no part of it is not')
  drain.onGone(handshake)
  t.notOk(await isDone(drain))
  drain.onGone(connection)
  t.ok(await isDone(drain))
})

t.test('a member that is gone within its goodbye', async (t) => {
  const clock = new FakeClock()
  const member = new Member()
  const drains: Drain[] = []
  member.depart = () => queueMicrotask(() => drains[0].onGone(member))
  drains.push(new Drain([member], options, clock))
  t.ok(await isDone(drains[0]))
  t.equal(clock.timers, 0)
})
