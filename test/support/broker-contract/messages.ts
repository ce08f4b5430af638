/** What becomes of a message while the broker is there. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Check } from '../broker-contract.ts'

const MEBIBYTE = 1_048_576
const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

const PAYLOADS: readonly [what: string, payload: Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['every byte', EVERY_BYTE],
  ['no UTF-8', Buffer.from('c328a0a1e28281f0288cbc', 'hex')],
  ['line ends', Buffer.from('\r\n+OK\r\n$-1\r\nPUB x 0\r\n\r\n')],
]

const TOPICS: readonly string[] = [
  'room',
  'room:1',
  '*',
  'room.*',
  '>',
  'room.>',
  '.',
  'a..b',
  '.a',
  'a.',
  'a b',
  ' ',
  'a\tb\r\nc',
  '\0',
  '\x01\x7f',
  '{tag}',
  '{',
  '}{',
  '[a-z]?',
  '\\*',
  '%41',
  '%',
  'A',
  'a',
  '$SYS.>',
  '_INBOX.x',
  '__proto__',
  'constructor',
  'Grüße',
  'Gru\u0308ße', // the same to a reader, another string
  '\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}',
  '日本語',
  '\ufeff',
  'x'.repeat(255),
  'x'.repeat(256),
  'x'.repeat(65_536),
  `${'x'.repeat(65_535)}y`,
  '\u{1f600}'.repeat(16_384),
]

export const MESSAGES: readonly Check[] = [
  {
    name: 'a message reaches every driver that has its topic, once, and no other',
    needs: [],
    async run(peers) {
      const [publisher, first, second, other] = await peers.up(4)
      await Promise.all([first.driver.subscribe(['a']), second.driver.subscribe(['a']), other.driver.subscribe(['b'])])
      const taken = await publisher.publish('a', 'hello')
      assert.ok(taken === undefined || taken === 2, `went to two, and it tells ${taken}`)
      await peers.fence(publisher, [first, second, other])
      assert.deepEqual([first.on('a'), second.on('a'), other.on('a')], [['hello'], ['hello'], []])
    },
  },
  {
    name: 'what one driver publishes on one topic keeps its order, and nothing is lost or doubled',
    needs: [],
    async run(peers) {
      const [receiver, ...publishers] = await peers.up(4)
      await receiver.driver.subscribe(['order 0', 'order 1'])
      const sent = Array.from({ length: 2_000 }, (_, index) => index)
      const publish = (who: number) => (index: number) =>
        publishers[who].publish(`order ${index % 2}`, JSON.stringify([who, index]))
      await Promise.all(publishers.flatMap((_, who) => sent.map(publish(who))))
      await receiver.until('all of it', () => receiver.heard.length >= publishers.length * sent.length)
      await peers.fence(publishers[0], [receiver])
      for (const who of publishers.keys()) {
        for (const parity of [0, 1]) {
          const heard = receiver.on(`order ${parity}`).map((text) => JSON.parse(text) as [number, number])
          const own = heard.filter(([from]) => from === who).map(([, index]) => index)
          assert.deepEqual(
            own,
            sent.filter((index) => index % 2 === parity),
          )
        }
      }
    },
  },
  {
    name: 'every byte arrives as it was sent',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      await receiver.driver.subscribe(['bytes'])
      const large = randomBytes(Math.min(MEBIBYTE, publisher.driver.maxPayloadBytes))
      const payloads = [...PAYLOADS, ['much', large] as const]
      await Promise.all(payloads.map(([, payload]) => publisher.driver.publish('bytes', payload)))
      await receiver.until('all payloads', () => receiver.heard.length === payloads.length)
      for (const [index, [what, payload]] of payloads.entries()) {
        assert.ok(receiver.heard[index].envelope.equals(payload), what)
      }
    },
  },
  {
    name: 'the largest envelope arrives, and one byte more rejects',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      await receiver.driver.subscribe(['large'])
      const { maxPayloadBytes } = publisher.driver
      await assert.rejects(publisher.driver.publish('large', Buffer.alloc(maxPayloadBytes + 1)), RangeError)
      const largest = Buffer.alloc(maxPayloadBytes, 'large')
      await publisher.driver.publish('large', largest)
      await receiver.until('the largest', () => receiver.heard.length === 1)
      assert.ok(receiver.heard[0].envelope.equals(largest))
      assert.deepEqual([publisher.states, receiver.states], [['up'], ['up']])
    },
  },
  {
    name: 'a topic is any string, and is no other',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      await receiver.driver.subscribe(TOPICS)
      await Promise.all(TOPICS.map((topic, index) => publisher.publish(topic, String(index))))
      await receiver.until('one each', () => receiver.heard.length >= TOPICS.length)
      await peers.fence(publisher, [receiver])
      for (const [index, topic] of TOPICS.entries()) {
        assert.deepEqual(receiver.on(topic), [String(index)], JSON.stringify(topic.slice(0, 40)))
      }
    },
  },
  {
    name: 'topics that only look alike stay apart',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      const [even, odd] = [TOPICS.filter((_, index) => index % 2 === 0), TOPICS.filter((_, index) => index % 2 === 1)]
      await receiver.driver.subscribe(even)
      await Promise.all(odd.map((topic) => publisher.publish(topic, 'not subscribed to')))
      await peers.fence(publisher, [receiver])
      assert.deepEqual(receiver.heard.filter(({ topic }) => !topic.startsWith('fence')).length, 0)
    },
  },
  {
    name: 'a driver hears nothing of topics that it does not have',
    needs: ['createOnLine'],
    async run(peers) {
      const [publisher] = await peers.up(1)
      const { peer: quiet, line } = await peers.upOnLine()
      await quiet.driver.subscribe(['mine'])
      const before = line.bytesDown
      const payload = Buffer.alloc(4_096)
      await Promise.all(Array.from({ length: 500 }, (_, index) => publisher.driver.publish(`other ${index}`, payload)))
      await peers.fence(publisher, [quiet])
      assert.ok(line.bytesDown - before < 16_384, `${line.bytesDown - before} bytes of 2 MB that are not its own`)
    },
  },
]
