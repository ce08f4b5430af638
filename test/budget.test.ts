import t from 'tap'
import { Budget, type Holder } from '../src/budget.ts'
import { prepare } from '../src/prepared.ts'
import { type Opened, open, record, settle } from './support/open.ts'

const KB = 1_024

/** A holder that lets go of everything when it is told to. */
class Fake implements Holder {
  held = 0
  evictions = 0
  readonly #budget: Budget

  constructor(budget: Budget) {
    this.#budget = budget
  }

  hold(bytes: number): void {
    const before = this.held
    this.held = bytes
    this.#budget.charge(this, before, bytes)
  }

  evict(): void {
    this.evictions++
    this.hold(0)
  }
}

t.test('counts what all hold together, exactly', async (t) => {
  const budget = new Budget(Infinity)
  const holders = Array.from({ length: 10 }, () => new Fake(budget))
  for (const [at, holder] of holders.entries()) for (const bytes of [at, 5_000 * at, 100, 10 * at]) holder.hold(bytes)
  t.equal(budget.heldBytes, 450)
  for (const holder of holders) holder.hold(0)
  t.equal(budget.heldBytes, 0)
})

t.test('at the limit nobody is evicted; one byte past it, the one that holds most', async (t) => {
  const budget = new Budget(100 * KB)
  const [small, large, other] = [new Fake(budget), new Fake(budget), new Fake(budget)]
  small.hold(20 * KB)
  large.hold(50 * KB)
  other.hold(30 * KB)
  t.same([small.evictions, large.evictions, other.evictions], [0, 0, 0])
  small.hold(20 * KB + 1)
  t.same([small.evictions, large.evictions, other.evictions], [0, 1, 0])
  t.equal(budget.heldBytes, 50 * KB + 1)
})

t.test('as many go as it takes, the one that asks for more among them', async (t) => {
  const budget = new Budget(100 * KB)
  const holders = Array.from({ length: 10 }, () => new Fake(budget))
  for (const holder of holders) holder.hold(10 * KB)
  const greedy = new Fake(budget)
  greedy.hold(150 * KB)
  t.same([greedy.evictions, holders.filter(({ evictions }) => evictions > 0).length], [1, 0])
  t.equal(budget.heldBytes, 100 * KB)
})

t.test('small holders are counted, and are not worth an eviction', async (t) => {
  const budget = new Budget(10 * KB)
  const holders = Array.from({ length: 20 }, () => new Fake(budget))
  for (const holder of holders) holder.hold(1 * KB)
  t.equal(budget.heldBytes, 20 * KB)
  t.notOk(holders.some(({ evictions }) => evictions > 0))
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
    const budget = new Budget(100 * KB)
    const [greedy, honest] = [open({ budget }), open({ budget })]
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

t.test('whatever a connection did, nothing is charged once it is gone', async (t) => {
  const budget = new Budget(Infinity)
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
