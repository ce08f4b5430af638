/** The account itself: of messages that are right, and of each fault that it is there to find. */

import t from 'tap'
import { account, type ClientLog, type Delivery } from '../support/chaos/account.ts'
import { Random } from '../support/chaos/random.ts'
import { type Published, readStamp, stamped } from '../support/chaos/told.ts'

const LATE_MS = 1_000

/** The message of this number, a second after the one before. */
function message(number: number, more: Partial<Published> = {}): Published {
  const at = 10_000 + 1_000 * number
  return { origin: 'far', topic: 'x', number, at, client: 'asks', isRejected: false, tookMs: 1, ...more }
}

function delivery(number: number, more: Partial<Delivery> = {}): Delivery {
  const { origin, topic, at } = message(number)
  return { origin, topic, number, at, receivedAt: at + 5, ...more }
}

const SENT = [1, 2, 3, 4, 5].map((number) => message(number))
const CAME = [1, 2, 3, 4, 5].map((number) => delivery(number))
const LOG: ClientLog = {
  client: 'hears',
  origin: 'near',
  stays: [{ topic: 'x', since: 10_000, until: Infinity }],
  deliveries: CAME,
  gaps: [],
  uninvited: [],
}
const GAP = { topics: ['x'], from: 13_000, to: 14_000 }
const [first, second, , fourth, fifth] = CAME
const without34 = [first, second, fifth]
const all = { sent: 5, delivered: 5, rejected: 0, inGaps: 0 }

const right: [what: string, sent: Published[], log: Partial<ClientLog>, expected: object][] = [
  ['all that was sent', SENT, {}, all],
  ['what lies in a gap', SENT, { deliveries: without34, gaps: [GAP] }, { ...all, delivered: 3, inGaps: 2 }],
  [
    'what was rejected',
    SENT.map((one) => ({ ...one, isRejected: one.number === 1 })),
    { deliveries: CAME.slice(1) },
    { ...all, delivered: 4, rejected: 1 },
  ],
  [
    'what was published before it came',
    SENT,
    { stays: [{ topic: 'x', since: 12_000, until: Infinity }], deliveries: CAME.slice(2) },
    { ...all, sent: 3, delivered: 3 },
  ],
  [
    'what was on its way when it left',
    SENT,
    { stays: [{ topic: 'x', since: 10_000, until: 16_500 }], deliveries: CAME.slice(0, 4) },
    { ...all, sent: 4, delivered: 4 },
  ],
  ['what it asked for itself', SENT, { client: 'asks', deliveries: [] }, { sent: 0, delivered: 0 }],
  [
    'what comes late in a gap',
    SENT,
    { deliveries: [first, second, delivery(3, { receivedAt: 20_000 }), fourth, fifth], gaps: [GAP] },
    all,
  ],
]

const wrong: [what: string, log: Partial<ClientLog>, fault: RegExp][] = [
  ['one is missing', { deliveries: [first, second, fourth, fifth] }, /far x 3 of 13000 is missing at hears/],
  ['a gap is of another topic', { deliveries: without34, gaps: [{ ...GAP, topics: ['y'] }] }, /far x 3.* missing/],
  ['a gap is too short', { deliveries: without34, gaps: [{ ...GAP, to: 13_999 }] }, /far x 4.* missing/],
  ['one comes twice', { deliveries: [first, first, ...CAME.slice(1)] }, /far x 1 .* again/],
  ['two have changed places', { deliveries: [second, first, ...CAME.slice(2)] }, /far x 1 .*behind 2/],
  [
    'one is late',
    { deliveries: [...CAME.slice(0, 4), delivery(5, { receivedAt: 16_001 })] },
    /far x 5 .* 1001 ms late/,
  ],
  ['it hears itself', { client: 'asks', deliveries: [first] }, /far x 1 .* echo/],
  ['it was not subscribed', { uninvited: [first] }, /far x 1 .* not subscribed/],
  ['its own process loses one in a gap', { origin: 'far', deliveries: without34, gaps: [GAP] }, /far x 3.* missing/],
]

t.test('every message is accounted for', async (t) => {
  for (const [what, sent, log, expected] of right) {
    const result = account(sent, [{ ...LOG, ...log }], [], LATE_MS)
    t.same(result.faults, [], what)
    t.match(result, expected, what)
  }
  const left: ClientLog = { ...LOG, stays: [{ topic: 'x', since: 10_000, until: 16_500 }], deliveries: [first, second] }
  const outage = { origin: 'near', from: 12_500, to: 17_000 }
  t.match(account(SENT, [left], [outage], LATE_MS), { inGaps: 2, faults: [] }, 'who leaves before a gap is told')
  t.equal(account(SENT, [left], [{ ...outage, to: 15_000 }], LATE_MS).faults.length, 2, 'not afterwards')
  t.equal(account(SENT, [left], [{ ...outage, origin: 'far' }], LATE_MS).faults.length, 2, 'not of another process')
})

t.test('and each fault is found', async (t) => {
  for (const [what, log, fault] of wrong) {
    const { faults } = account(SENT, [{ ...LOG, ...log }], [], LATE_MS)
    t.match(faults[0], fault, what)
  }
  const rejected = SENT.map((one) => ({ ...one, isRejected: true }))
  const near = { ...LOG, origin: 'far', deliveries: [] }
  t.equal(
    account(rejected, [near], [], LATE_MS).faults.length,
    5,
    'what the broker does not take is due in the process',
  )
})

t.test('a stamp is read as it was written, however long', async (t) => {
  const text = stamped('s0', 'room:1', 7, 1_234, 100)
  t.equal(text.length, 100)
  t.same(readStamp(text), { origin: 's0', topic: 'room:1', number: 7, at: 1_234 })
})

t.test('the same seed has the same numbers', async (t) => {
  const [one, same, other] = [new Random(1), new Random(1), new Random(2)].map((random) =>
    Array.from({ length: 1_000 }, () => random.below(10)),
  )
  t.same(one, same)
  t.notSame(one, other)
  t.equal(new Set(one).size, 10)
  t.ok(one.every((number) => number >= 0 && number <= 9))
})
