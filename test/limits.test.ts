/** Each limit counts when it is reached, once, and by its name. */

import t from 'tap'
import { LIMITS, LimitCounts, type LimitName } from '../src/limits.ts'
import { clientFrame } from './protocol/wire.ts'
import { type Opened, open, settle } from './support/open.ts'

t.test('counts begin at 0, and what was read does not change', async (t) => {
  const counts = new LimitCounts()
  const before = counts.all
  counts.hit('maxFragments')
  counts.hit('maxFragments')
  t.same(Object.keys(before), LIMITS)
  t.ok(Object.values(before).every((count) => count === 0))
  t.equal(counts.all.maxFragments, 2)
})

type Case = [name: LimitName, settings: Parameters<typeof open>[0], reach: (opened: Opened) => unknown]

const cases: Case[] = [
  ['maxMessageBytes', { settings: { maxMessageBytes: 2 } }, ({ peer }) => peer.text('abc')],
  [
    'maxFragments',
    { settings: { maxFragments: 1 } },
    ({ peer }) => {
      peer.text('a', false)
      peer.send(0, 'b')
    },
  ],
  [
    'messageTimeoutMs',
    {},
    ({ peer, pass }) => {
      peer.raw(clientFrame(1, 'a').subarray(0, 3))
      return pass(32_000)
    },
  ],
  [
    'closeTimeoutMs',
    {},
    ({ peer, socket, pass }) => {
      peer.answersClose = false
      socket.close()
      return pass(12_000)
    },
  ],
  [
    'pongTimeoutMs',
    { settings: { pingIntervalMs: 1_000, pongTimeoutMs: 1_000 } },
    ({ peer, pass }) => {
      peer.answersPings = false
      return pass(5_000, 100)
    },
  ],
  [
    'sendTimeoutMs',
    { settings: { sendTimeoutMs: 1_000 } },
    ({ transport, socket, pass }) => {
      transport.hold()
      socket.send('a')
      return pass(2_000)
    },
  ],
  ['maxLifetimeMs', { settings: { maxLifetimeMs: 60_000 } }, ({ pass }) => pass(61_000)],
  [
    'pongs',
    {},
    async ({ transport, socket, peer }) => {
      transport.hold()
      socket.send('a'.repeat(1_024))
      await settle()
      for (const one of ['1', '2']) peer.send(9, one)
    },
  ],
  [
    'maxBufferedBytes',
    { settings: { maxBufferedBytes: 10 } },
    ({ transport, socket }) => {
      transport.hold()
      for (let i = 0; i < 3; i++) socket.send('more than ten bytes')
    },
  ],
]

for (const [name, options, reach] of cases) {
  t.test(name, async (t) => {
    const opened = open(options)
    await settle()
    t.same(opened.limits, [])
    await reach(opened)
    await settle()
    t.same(opened.limits, [name])
    opened.socket.terminate()
  })
}

t.test('maxUnsentBytes, behind maxBufferedBytes', async (t) => {
  const { socket, transport, limits } = open({ settings: { maxBufferedBytes: 10, maxUnsentBytes: 20 } })
  transport.hold()
  for (let i = 0; i < 5; i++) socket.send('more than ten bytes')
  await settle()
  t.same(limits, ['maxBufferedBytes', 'maxUnsentBytes'])
})

t.test('X03 at its greatest age a connection is closed with 1001, not all at the same time', async (t) => {
  const ages = new Set<number>()
  for (let i = 0; i < 12; i++) {
    const { peer, pass, closes } = open({ settings: { maxLifetimeMs: 1_000_000 } })
    let age = 0
    for (; closes.length === 0 && age < 1_100_000; age += 10_000) await pass(10_000, 5_000)
    t.equal(peer.log.at(-1), 'close 1001 maximum lifetime reached')
    t.ok(age >= 900_000 && age <= 1_010_000, `${age}`)
    ages.add(age)
  }
  t.ok(ages.size > 1)
})
