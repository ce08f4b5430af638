/** A peer that is faster than `messageRate`: what waits, what ends, and what it costs nobody else. */

import t from 'tap'
import type { MessageRate } from '../src/connection-options.ts'
import { clientFrame } from './protocol/wire.ts'
import { type Opened, open, record, settle } from './support/open.ts'

function throttled(messageRate: MessageRate): Opened & { messages: string[] } {
  const opened = open({ settings: { messageRate } })
  return { ...opened, messages: record(opened.socket) }
}

const texts = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => clientFrame(1, `${at}`)))

t.test('R03 pause: a burst at once, then as many as may come, in order and none lost', async (t) => {
  for (const cut of [Infinity, 9]) {
    const { peer, messages, pass, closes, limits } = throttled({ messagesPerSecond: 10, burstSeconds: 2 })
    const wire = texts(50)
    for (let at = 0; at < wire.length; at += cut) peer.raw(wire.subarray(at, Math.min(at + cut, wire.length)))
    await settle()
    t.equal(messages.length, 20, 'the burst')
    await pass(1_000, 100)
    t.ok(messages.length >= 29 && messages.length <= 31, `${messages.length} after a second`)
    await pass(3_000, 100)
    t.same([messages, closes], [Array.from({ length: 50 }, (_, at) => `${at}`), []])
    t.ok(limits.every((name) => name === 'messageRate') && limits.length > 0)
  }
})

t.test('R03 pings count as messages; fragments of one message do not', async (t) => {
  const { peer, messages, pass } = throttled({ messagesPerSecond: 10 })
  for (let i = 0; i < 30; i++) peer.send(9, `${i}`)
  await settle()
  t.ok(peer.log.length <= 10, `${peer.log.length} pongs`)
  await pass(3_000, 100)
  t.equal(peer.log.at(-1), 'pong 29')
  await pass(1_000)
  peer.text('a', false)
  for (let i = 0; i < 30; i++) peer.send(0, 'b', i === 29)
  await settle()
  t.equal(messages.length, 1)
})

t.test('R03 bytes', async (t) => {
  const { peer, messages, pass } = throttled({ bytesPerSecond: 10_000 })
  for (let i = 0; i < 10; i++) peer.binary(Buffer.alloc(5_000))
  await settle()
  const first = messages.length
  t.ok(first >= 2 && first <= 4, `${first} at once`)
  await pass(2_000, 100)
  t.ok(messages.length <= 8, `${messages.length} after two seconds`)
  await pass(4_000, 100)
  t.equal(messages.length, 10)
})

t.test('R03 close: one more than may come ends the connection, and is not delivered', async (t) => {
  const { peer, messages, closes, limits } = throttled({ messagesPerSecond: 5, atLimit: 'close' })
  peer.raw(texts(5))
  await settle()
  t.same([messages.length, closes], [5, []])
  peer.raw(texts(2))
  await settle()
  t.same([messages.length, closes, limits], [5, ['1006'], ['messageRate']])
  t.match(peer.log, ['close 1008 messages come faster than they may'])
})

t.test('while it is held no clock runs against the peer, and its end is seen', async (t) => {
  const settings = { pingIntervalMs: 1_000, pongTimeoutMs: 1_000, messageRate: { messagesPerSecond: 0.05 } }
  const { socket, peer, closes, pass, clock } = open({ settings })
  const messages = record(socket)
  peer.answersPings = false
  for (const text of ['a', 'b', 'c']) peer.text(text)
  await pass(15_000)
  t.same([messages, closes], [['a'], []])
  await pass(60_000)
  t.same(messages, ['a', 'b', 'c'])
  peer.hangUp()
  await pass(60_000)
  t.equal(closes.length, 1)
  t.equal(clock.timers, 0)
})
