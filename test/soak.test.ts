import { spawnSync } from 'node:child_process'
import t from 'tap'
import { ROOT } from './support/root.ts'

/** Scripts are not compiled, and so have no types. */
const script = (name: string) => import(`${ROOT}scripts/soak/${name}.mjs`)

const { readOptions } = await script('options')
const { slopePerHour } = await script('slope')
const { RoundTrips } = await script('round-trips')
const { verdicts } = await script('verdicts')

type Sample = [seconds: number, value: number, connections: number]
const samples = (at: (seconds: number, index: number) => [value: number, connections: number]): Sample[] =>
  Array.from({ length: 30 }, (_, index) => [10 * index, ...at(10 * index, index)])

t.test('the slope is what time adds, not what connections do', async (t) => {
  const closeTo = (found: number, expected: number, message: string): unknown =>
    t.ok(Math.abs(found - expected) < 1e-6, `${message}: ${found}`)
  closeTo(slopePerHour(samples((seconds) => [5 + seconds / 3_600, 100])), 1, 'a steady number of them')
  closeTo(slopePerHour(samples((_, index) => [5 + (index % 7), index % 7])), 0, 'they come and go')
  closeTo(slopePerHour(samples((seconds, index) => [(index % 7) + seconds / 1_800, index % 7])), 2, 'both')
  t.ok(Number.isNaN(slopePerHour(samples(() => [1, 1]).slice(0, 3))), 'too few say nothing')
})

t.test('round trips are summed up, for an interval and in all', async (t) => {
  const trips = new RoundTrips()
  for (let ms = 1; ms <= 100; ms++) trips.add(ms)
  t.same(trips.interval(), { count: 100, p50: 51, p99: 100, max: 100 })
  t.same(trips.interval(), { count: 0, p50: 0, p99: 0, max: 0 })
  t.equal(trips.all().count, 100)
})

const figures = { errors: [], connections: 0, sockets: 0, descriptors: 20, timers: 0, handles: 2, listeners: 18 }
const totals = { opened: 10, refused: 0, disconnects: 0, missed: 0, wrong: 0, messages: 50 }
const RIGHT = {
  before: figures,
  after: figures,
  attacks: { faults: [] as string[] },
  end: { totals, faults: [] as string[] },
  heapSlope: 0.4,
  minutes: 10,
}

const wrong: [what: string, run: object][] = [
  ['an honest client is refused', { end: { ...RIGHT.end, totals: { ...totals, refused: 1 } } }],
  ['an honest client is disconnected', { end: { ...RIGHT.end, totals: { ...totals, disconnects: 1 } } }],
  ['a message is missed', { end: { ...RIGHT.end, totals: { ...totals, missed: 1 } } }],
  ['an echo is another', { end: { ...RIGHT.end, totals: { ...totals, wrong: 1 } } }],
  ['a bad frame goes unpunished', { attacks: { faults: ['a bad frame: not ended'] } }],
  ['an error is uncaught', { after: { ...figures, errors: ['uncaught'] } }],
  ['a connection is left', { after: { ...figures, connections: 1 } }],
  ['a descriptor is left', { after: { ...figures, descriptors: 21 } }],
  ['a timer is left', { after: { ...figures, timers: 1 } }],
  ['a listener is left', { after: { ...figures, listeners: 19 } }],
  ['the heap grows', { heapSlope: 0.5 }],
  ['nobody knows whether the heap grows', { heapSlope: Number.NaN }],
]

t.test('a run fails', async (t) => {
  const failures = (run: object): number =>
    verdicts({ ...RIGHT, ...run }).filter(({ isRight }: { isRight: boolean }) => !isRight).length
  t.equal(failures({}), 0, 'not when all is right')
  t.equal(failures({ heapSlope: 30, minutes: 1 }), 0, 'not by the slope of a short one')
  for (const [what, run] of wrong) t.equal(failures(run), 1, what)
})

t.test('the command line', async (t) => {
  t.match(readOptions([]), { mode: 'soak', server: 'node', minutes: 30, connections: 2_000 })
  t.match(readOptions(['--fairness']), { mode: 'fairness' })
  t.match(readOptions(['--never-read', '--server', 'fastify']), { mode: 'never-read', server: 'fastify' })
  t.throws(() => readOptions(['--server', 'other']), { message: /no server other\n.*--minutes N/s })
  t.throws(() => readOptions(['--minutes', 'few']), { message: /--minutes takes a number; got few/ })
  const { status, stderr } = spawnSync(process.execPath, [`${ROOT}scripts/soak.mjs`, '--minutes', '-1'], {
    encoding: 'utf8',
  })
  t.equal(status, 1)
  t.match(stderr, /--minutes/)
})
