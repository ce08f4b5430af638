/** The broker gone, and back. */

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Check } from '../broker-contract.ts'
import { until } from '../until.ts'
import { Account } from './account.ts'

/** To reject at once is to reject long before the broker could be given up as silent, which takes a minute here. */
const AT_ONCE_MS = 10_000

/** More than a socket takes from a sender whose receiver does not read, and less than one that does not know that yet keeps. */
const LARGE_BYTES = 65_536
const LARGE_COUNT = 60

export const OUTAGES: readonly Check[] = [
  {
    name: 'without the broker all rejects at once, and is not done later',
    needs: ['stop', 'start'],
    async run(peers, broker) {
      const [publisher, receiver] = await peers.up(2)
      const both = [publisher, receiver]
      await receiver.driver.subscribe(['kept'])
      await broker.stop()
      await Promise.all(both.map((peer) => peer.until('down', () => !peer.isUp)))
      const since = performance.now()
      await assert.rejects(publisher.publish('kept', 'lost'))
      await assert.rejects(receiver.driver.subscribe(['asked while down']))
      await assert.rejects(receiver.driver.unsubscribe(['kept']))
      assert.ok(performance.now() - since < AT_ONCE_MS, 'at once')
      await broker.start()
      await Promise.all(both.map((peer) => peer.until('up', () => peer.isUp)))
      assert.deepEqual([publisher.states, receiver.states], Array(2).fill(['up', 'down', 'up']))
      assert.ok(receiver.reasons[0] instanceof Error && receiver.reasons[0].message !== '')
      await Promise.all(['kept', 'asked while down'].map((topic) => publisher.publish(topic, 'nobody has it')))
      await peers.fence(publisher, [receiver])
      assert.deepEqual([receiver.on('kept'), receiver.on('asked while down')], [[], []], 'nothing is subscribed to')
      await receiver.driver.subscribe(['kept'])
      await publisher.publish('kept', 'again')
      await receiver.until('again', () => receiver.on('kept').length > 0)
      assert.deepEqual(receiver.on('kept'), ['again'])
    },
  },
  {
    name: 'what is under way when the broker ends is settled',
    needs: ['stop', 'start'],
    async run(peers, broker) {
      const [peer] = await peers.up(1)
      const under = Array.from({ length: 2_000 }, (_, index) => [
        peer.publish('under way', String(index)),
        peer.driver.subscribe([`under way ${index}`]),
        peer.driver.unsubscribe([`under way ${index}`]),
      ]).flat()
      const settled = Promise.allSettled(under)
      await broker.stop()
      await settled
      await broker.start()
      await peer.until('up again', () => peer.states.length >= 3)
      assert.deepEqual(peer.states, ['up', 'down', 'up'])
    },
  },
  {
    name: 'a driver may begin before the broker is there',
    needs: ['stop', 'start'],
    async run(peers, broker) {
      await broker.stop()
      const early = await peers.started()
      try {
        await early.until('down', () => early.states.length > 0)
        await assert.rejects(early.publish('x', 'x'))
        await assert.rejects(early.driver.subscribe(['x']))
      } finally {
        await broker.start()
      }
      await early.until('up', () => early.isUp)
      assert.deepEqual(early.states, ['down', 'up'])
      const [publisher] = await peers.up(1)
      await peers.fence(publisher, [early])
    },
  },
  ...[200, 3_000].map(
    (outageMs): Check => ({
      name: `in traffic, ${outageMs} ms without the broker lose nothing that is not told`,
      needs: ['stop', 'start'],
      async run(peers, broker) {
        const [publisher, receiver] = await peers.up(2)
        const account = new Account(publisher, receiver)
        try {
          await account.begin()
          await delay(300)
          await broker.stop()
          await delay(outageMs)
          await account.settles()
          await broker.start()
          await account.goesOn(300)
          await account.end()
        } finally {
          account.stop()
        }
        assert.deepEqual([publisher.states, receiver.states], Array(2).fill(['up', 'down', 'up']))
      },
    }),
  ),
  {
    name: 'a line that holds everything back is noticed, and nothing comes late',
    needs: ['createOnLine'],
    async run(peers) {
      const [publisher] = await peers.up(1)
      const { peer: held, line, silence } = await peers.upOnLine()
      await held.driver.subscribe(['held'])
      line.stall()
      const refused = assert.rejects(held.publish('held', 'into the void'))
      await publisher.publish('held', 'held back')
      await silence()
      await refused
      await held.until('down', () => !held.isUp)
      await assert.rejects(held.publish('held', 'down'))
      line.heal()
      await held.until('up', () => held.isUp)
      await peers.fence(publisher, [held])
      assert.deepEqual([held.on('held'), held.states], [[], ['up', 'down', 'up']])
    },
  },
  {
    name: 'so is one on which nothing is asked',
    needs: ['createOnLine'],
    async run(peers) {
      const [publisher] = await peers.up(1)
      const { peer: held, line, silence } = await peers.upOnLine()
      await held.driver.subscribe(['held'])
      for (let times = 0; times < 3; times++) {
        const before = line.bytesDown
        await silence()
        await until('it has asked, and is answered', () => line.bytesDown > before)
        await peers.fence(publisher, [held]) // the answer has been read
      }
      assert.deepEqual(held.states, ['up'], 'with the line in order')
      line.stall()
      await silence()
      await silence()
      await held.until('down', () => !held.isUp)
      line.heal()
      await held.until('up', () => held.isUp)
      assert.deepEqual(held.states, ['up', 'down', 'up'])
    },
  },
  {
    name: 'what such a line has not taken goes with the connection: the system sends it no more',
    needs: ['createOnLine'],
    async run(peers) {
      const { peer: held, line, silence } = await peers.upOnLine()
      const before = line.bytesUp
      const size = Math.min(held.driver.maxPayloadBytes, LARGE_BYTES)
      line.stall()
      const asked = Array.from({ length: LARGE_COUNT }, () => held.driver.publish('held', Buffer.alloc(size)))
      await silence()
      const answers = await Promise.allSettled(asked)
      assert.ok(answers.every(({ status }) => status === 'rejected'))
      line.heal()
      await held.until('up', () => held.isUp)
      await delay(500)
      const late = line.bytesUp - before
      assert.ok(late < (LARGE_COUNT * size) / 2, `${late} bytes of ${LARGE_COUNT * size} come all the same`)
    },
  },
]
