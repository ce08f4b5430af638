import t from 'tap'
import { systemClock } from '../src/clock.ts'
import { Heartbeat } from '../src/heartbeat.ts'
import { FakeClock } from './support/clock.ts'

function member(heartbeat?: Heartbeat): { beats: number[]; beat(now: number): void; early: number } {
  return {
    beats: [],
    early: 0,
    beat(now) {
      this.beats.push(now)
      if (heartbeat !== undefined && heartbeat.now < now) this.early++
    },
  }
}

t.test('R04 one timer for all, and none while there are none', async (t) => {
  const clock = new FakeClock()
  const heartbeat = new Heartbeat(clock)
  t.equal(clock.timers, 0)
  const members = Array.from({ length: 100 }, () => member())
  for (const one of members) heartbeat.add(one, 10_000)
  t.equal(clock.timers, 1)
  clock.advance(3_000)
  t.ok(members.every(({ beats }) => beats.length >= 3 && beats.at(-1) === 3_000))
  for (const one of members.slice(1)) heartbeat.delete(one)
  t.equal(clock.timers, 1)
  heartbeat.delete(members[0])
  t.equal(clock.timers, 0)
  heartbeat.delete(members[0])
  heartbeat.add(members[0], 10_000)
  t.equal(clock.timers, 1, 'and again')
  clock.advance(1_000)
  t.equal(members[0].beats.at(-1), 4_000)
})

t.test('ticks are fine enough to meet the shortest deadline within a tenth', async (t) => {
  for (const shortestMs of [1, 50, 99, 1_000, 9_999, 10_000, 100_000, Infinity]) {
    const clock = new FakeClock()
    const heartbeat = new Heartbeat(clock)
    heartbeat.add(member(), shortestMs)
    const [tickMs] = clock.intervals
    t.ok(tickMs >= 5 && tickMs <= Math.max(5, shortestMs / 10) && tickMs <= 1_000, `${shortestMs} ms: ${tickMs} ms`)
    heartbeat.add(member(), Infinity)
    t.same(clock.intervals, [tickMs], 'which others share')
  }
})

t.test('a shorter deadline makes the ticks of all finer; without members they begin anew', async (t) => {
  const clock = new FakeClock()
  const heartbeat = new Heartbeat(clock)
  const [patient, hasty] = [member(), member()]
  heartbeat.add(patient, 20_000)
  const [coarse] = clock.intervals
  heartbeat.add(hasty, 1_000)
  t.equal(clock.timers, 1)
  t.ok(clock.intervals[0] <= 100)
  heartbeat.delete(hasty)
  heartbeat.delete(patient)
  heartbeat.add(patient, 20_000)
  t.same(clock.intervals, [coarse])
})

t.test('its time is that of the clock while the loop is free', async (t) => {
  const clock = new FakeClock()
  const heartbeat = new Heartbeat(clock)
  const one = member(heartbeat)
  heartbeat.add(one, 500)
  clock.advance(1_000)
  t.same(one.beats.at(-1), 1_000)
  t.equal(one.early, 0, 'what happened before a tick is marked no earlier')
  t.equal(heartbeat.clock, clock)
})

t.test('between two ticks it is a little ahead, from the first moment on, and never behind', async (t) => {
  const clock = new FakeClock()
  const heartbeat = new Heartbeat(clock)
  heartbeat.add(member(), 100)
  for (let i = 0; i < 50; i++) {
    const ahead = heartbeat.now - clock.now()
    t.ok(ahead >= 0 && ahead <= 20, `${ahead} ms`)
    clock.advance(3)
  }
})

t.test('R04 a blocked loop counts for two ticks at most', async (t) => {
  for (const blockMs of [5_000, 60_000, 86_400_000]) {
    const clock = new FakeClock()
    const heartbeat = new Heartbeat(clock)
    const one = member()
    heartbeat.add(one, 10_000)
    clock.advance(10_000)
    clock.block(blockMs)
    t.ok((one.beats.at(-1) ?? 0) <= 12_000, `${blockMs} ms: ${one.beats.at(-1)}`)
    clock.advance(1_000)
    t.ok((one.beats.at(-1) ?? 0) <= 13_000)
  }
})

t.test('a late tick makes no deadline come early', async (t) => {
  const clock = new FakeClock()
  const heartbeat = new Heartbeat(clock)
  const one = member(heartbeat)
  heartbeat.add(one, 10_000)
  for (let i = 0; i < 20; i++) clock.block(500 + 50 * i)
  t.equal(one.beats.length, 20)
  t.equal(one.early, 0, 'heartbeat.now, which marks what happened before a beat, is never behind that beat')
})

t.test('a clock that goes back holds time, and nothing else', async (t) => {
  const clock = new FakeClock()
  const heartbeat = new Heartbeat(clock)
  const one = member()
  heartbeat.add(one, 10_000)
  clock.advance(5_000)
  clock.turnBack(3_600_000)
  clock.advance(3_605_000)
  t.ok(one.beats.every((now, at) => at === 0 || now >= one.beats[at - 1]))
  t.ok((one.beats.at(-1) ?? 0) <= 3_610_000)
})

t.test('a member may leave, and others come, during a beat', async (t) => {
  const clock = new FakeClock()
  const heartbeat = new Heartbeat(clock)
  const late = member()
  const leaving = {
    beat() {
      heartbeat.delete(leaving)
      heartbeat.add(late, 10_000)
    },
  }
  heartbeat.add(leaving, 10_000)
  clock.advance(3_000)
  t.equal(clock.timers, 1)
  t.ok(late.beats.length >= 2)
  heartbeat.delete(late)
  t.equal(clock.timers, 0)
})

t.test("the system's clock: timers that keep no process alive, and can be cancelled", async (t) => {
  const before = systemClock.now()
  let count = 0
  systemClock.setInterval(() => void count++, 1).cancel()
  systemClock.setTimeout(() => void count++, 1).cancel()
  await new Promise<void>((resolve) => {
    const alive = setTimeout(() => undefined, 1_000)
    const ticking = systemClock.setInterval(() => void count++, 1)
    systemClock.setTimeout(() => {
      ticking.cancel()
      clearTimeout(alive)
      resolve()
    }, 20)
  })
  t.ok(count > 0)
  t.ok(systemClock.now() > before)
})

t.test(
  'a pass over many members is cut into slices: each has its turn once a tick, and nobody waits for all',
  async (t) => {
    const clock = new FakeClock()
    const heartbeat = new Heartbeat(clock)
    let beats = 0
    let most = 0
    const many = Array.from({ length: 20_000 }, () => ({ beat: () => void beats++ }))
    for (const one of many) heartbeat.add(one, Infinity)
    const [tickMs] = clock.intervals
    clock.advance(2 * tickMs) // the first pass finds out how many they are
    beats = 0
    const [sliceMs] = clock.intervals
    for (let ms = 0; ms < 20 * tickMs; ms += sliceMs) {
      const before = beats
      clock.advance(sliceMs)
      most = Math.max(most, beats - before)
    }
    t.ok(most <= 520, `${most} at once`)
    t.ok(beats >= 18 * many.length && beats <= 20 * many.length, `${beats / many.length} beats each in 20 ticks`)
    for (const one of many.slice(1)) heartbeat.delete(one)
    clock.advance(2 * tickMs)
    t.same(clock.intervals, [tickMs], 'few have one slice again')
    heartbeat.delete(many[0])
    t.equal(clock.timers, 0)
  },
)
