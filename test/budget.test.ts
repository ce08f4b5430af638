import t from 'tap'
import { Budget, type Holder } from '../src/budget.ts'
import { Heartbeat } from '../src/heartbeat.ts'
import { prepare } from '../src/prepared.ts'
import type { Wire } from '../src/wire.ts'
import { FakeClock } from './support/clock.ts'
import { type Opened, open, record, settle } from './support/open.ts'

const KB = 1_024

/** A holder that lets go of everything when it is told to. */
class Fake implements Holder {
  chargedBytes = 0
  stalledMs = 0
  evictions = 0
  readonly #budget: Budget

  constructor(budget: Budget) {
    this.#budget = budget
  }

  hold(bytes: number): void {
    const more = bytes - this.chargedBytes
    this.chargedBytes = bytes
    this.#budget.charge(more)
  }

  evict(): void {
    this.evictions++
    this.hold(0)
  }
}

function setUp(maxBytes: number, count: number): { budget: Budget; holders: Fake[] } {
  const holders: Fake[] = []
  const budget = new Budget(maxBytes, holders)
  for (let i = 0; i < count; i++) holders.push(new Fake(budget))
  return { budget, holders }
}

t.test('counts what all hold together, exactly', async (t) => {
  const { budget, holders } = setUp(Infinity, 10)
  for (const [at, holder] of holders.entries()) for (const bytes of [at, 5_000 * at, 100, 10 * at]) holder.hold(bytes)
  t.equal(budget.heldBytes, 450)
  for (const holder of holders) holder.hold(0)
  t.equal(budget.heldBytes, 0)
})

t.test('at the limit nobody is evicted; one byte past it, the one that holds most', async (t) => {
  const { budget, holders } = setUp(100 * KB, 3)
  for (const [at, kilobytes] of [20, 50, 30].entries()) holders[at].hold(kilobytes * KB)
  t.same(
    holders.map(({ evictions }) => evictions),
    [0, 0, 0],
  )
  holders[0].hold(20 * KB + 1)
  t.same(
    holders.map(({ evictions }) => evictions),
    [0, 1, 0],
  )
  t.equal(budget.heldBytes, 50 * KB + 1)
})

t.test('whoever asks for more than all others is the one that goes', async (t) => {
  const { budget, holders } = setUp(100 * KB, 11)
  for (const holder of holders.slice(1)) holder.hold(10 * KB)
  holders[0].hold(150 * KB)
  t.same(
    holders.map(({ evictions }) => evictions),
    [1, ...Array<number>(10).fill(0)],
  )
  t.equal(budget.heldBytes, 100 * KB)
})

t.test('what stands still weighs more with each second', async (t) => {
  for (const [stalledMs, expected] of [
    [1_000, [1, 0]],
    [8_000, [0, 1]],
  ] as const) {
    const { holders } = setUp(100 * KB, 2)
    holders[0].hold(80 * KB)
    holders[1].stalledMs = stalledMs
    holders[1].hold(20 * KB + 1)
    t.same(
      holders.map(({ evictions }) => evictions),
      expected,
      `${stalledMs} ms`,
    )
  }
})

t.test('as many go as it takes', async (t) => {
  const { budget, holders } = setUp(100 * KB, 11)
  for (const holder of holders.slice(1)) holder.hold(10 * KB)
  holders[0].hold(9 * KB)
  t.ok(budget.heldBytes <= 100 * KB && budget.heldBytes > 90 * KB)
  t.equal(
    holders.reduce((sum, { evictions }) => sum + evictions, 0),
    1,
  )
})

t.test('one that lets go of nothing is asked once, and not for ever', async (t) => {
  let asked = 0
  const budget = new Budget(100 * KB, [{ chargedBytes: 150 * KB, stalledMs: 0, evict: () => void asked++ }])
  budget.charge(150 * KB)
  t.equal(asked, 1)
})

/** Ways to make a server hold 60 KiB and more, and what becomes of the connection that does. */
const ways: [what: string, begin: (opened: Opened) => unknown, left: string[], closed: string][] = [
  ['an unfinished frame', ({ peer }) => peer.raw(frameOf(100 * KB).subarray(0, 60 * KB)), ['close 1013'], '1006'],
  ['an unfinished message', ({ peer }) => peer.binary(Buffer.alloc(60 * KB), false), ['close 1013'], '1006'],
  ['messages that nobody takes', ({ peer }) => peer.binary(Buffer.alloc(60 * KB)), ['close 1013'], '1006'],
  [
    'unsent messages',
    ({ socket, transport }) => {
      transport.hold()
      socket.send(Buffer.alloc(60 * KB))
    },
    [],
    '1006',
  ],
  [
    'prepared messages behind a fragmented one',
    ({ socket }) => {
      socket.send('part', { fin: false })
      for (let i = 0; i < 6; i++) socket.send(prepare(Buffer.alloc(10 * KB)))
    },
    ['text part...', 'close 1013'],
    '1006',
  ],
]

function frameOf(length: number): Buffer {
  const header = Buffer.from('82ff000000000000000001020304', 'hex')
  header.writeUInt32BE(length, 6)
  return Buffer.concat([header, Buffer.alloc(length)])
}

for (const [what, begin, left, closed] of ways) {
  t.test(`maxTotalBytes: ${what}`, async (t) => {
    const clock = new FakeClock()
    const heartbeat = new Heartbeat<Wire>(clock)
    const budget = new Budget(100 * KB, heartbeat.members)
    const [greedy, honest] = [open({ budget, heartbeat, clock }), open({ budget, heartbeat, clock })]
    greedy.peer.answersClose = false
    begin(greedy)
    await settle(8)
    t.ok(budget.heldBytes >= 59 * KB, `${budget.heldBytes} bytes are charged`)
    honest.peer.raw(frameOf(80 * KB).subarray(0, 50 * KB))
    await settle(8)
    const codes = greedy.peer.log.map((line) => line.replace(/(close \d+).*/, '$1'))
    t.same(codes, left)
    t.ok(budget.heldBytes < 59 * KB, `${budget.heldBytes} bytes are left`)
    await greedy.pass(12_000)
    t.same(greedy.closes, [closed])
    const received = record(honest.socket)
    honest.peer.raw(frameOf(80 * KB).subarray(50 * KB))
    await settle(8)
    t.same([received.length, honest.closes], [1, []], 'nobody else notices')
    t.equal(budget.heldBytes, 0)
  })
}

t.test('more than the limit in one message goes, though the transport takes it at once', async (t) => {
  const heartbeat = new Heartbeat<Wire>(new FakeClock())
  const budget = new Budget(100 * KB, heartbeat.members)
  const { socket, closes } = open({ budget, heartbeat })
  socket.send(Buffer.alloc(120 * KB))
  await settle(8)
  t.same([closes, budget.heldBytes], [['1006'], 0])
})

t.test('one that is closing already goes without another error', async (t) => {
  const heartbeat = new Heartbeat<Wire>(new FakeClock())
  const budget = new Budget(100 * KB, heartbeat.members)
  const { socket, peer, closes } = open({ budget, heartbeat, handler: () => new Promise(() => undefined) })
  const failures: unknown[] = []
  socket.on('error', (error) => failures.push(error))
  peer.answersClose = false
  peer.binary(Buffer.alloc(60 * KB))
  await settle(8)
  socket.close()
  t.ok(budget.heldBytes >= 60 * KB, `${budget.heldBytes} bytes are charged`)
  budget.charge(80 * KB)
  await settle(8)
  t.same([closes, failures, budget.heldBytes], [['1006'], [], 80 * KB])
})

t.test('whatever a connection did, nothing is charged once it is gone', async (t) => {
  const budget = new Budget(Infinity, [])
  for (const [what, begin] of ways) {
    for (const how of ['terminate', 'reset', 'close'] as const) {
      const opened = open({ budget })
      begin(opened)
      await settle(4)
      if (how === 'reset') opened.peer.end.reset()
      else opened.socket[how]()
      await opened.pass(150_000, 5_000)
      t.equal(budget.heldBytes, 0, `${what}, ${how}`)
    }
  }
})
