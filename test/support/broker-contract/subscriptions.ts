/** Subscribing, unsubscribing, and letting go. */

import assert from 'node:assert/strict'
import type { Check } from '../broker-contract.ts'
import type { Peer } from './peer.ts'

const RACES = 10_000
const AT_ONCE = 500

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`)

export const SUBSCRIPTIONS: readonly Check[] = [
  {
    name: 'what is published once a subscription is acknowledged arrives, in 10,000 races',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      const topics = numbered('race', RACES)
      const race = async (topic: string): Promise<void> => {
        await receiver.driver.subscribe([topic])
        await publisher.publish(topic, topic)
      }
      while (topics.length > 0) await Promise.all(topics.splice(0, AT_ONCE).map(race))
      await receiver.until('one each', () => receiver.heard.length >= RACES)
      assert.equal(new Set(receiver.heard.map(({ topic }) => topic)).size, RACES)
      assert.equal(receiver.heard.length, RACES)
    },
  },
  {
    name: 'one that joins a stream has all of it from its acknowledgement on',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      let next = 0
      let isOver = false
      const streaming = (async () => {
        while (!isOver) await publisher.publish('stream', String(next++))
      })()
      await receiver.driver.subscribe(['other'])
      await receiver.driver.subscribe(['stream'])
      const from = next // the next to be published; the one under way may be heard as well
      while (next < from + 500) await publisher.publish('tick', '')
      isOver = true
      await streaming
      await peers.fence(publisher, [receiver])
      const heard = receiver.on('stream').map(Number)
      assert.ok(heard[0] <= from, `begins with ${heard[0]}, and was acknowledged before ${from}`)
      assert.deepEqual(
        heard,
        Array.from({ length: next - heard[0] }, (_, index) => heard[0] + index),
      )
    },
  },
  {
    name: 'nothing arrives of what is published once the end of a subscription is acknowledged',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      await receiver.driver.subscribe(['left', 'kept'])
      await publisher.publish('left', 'before')
      await receiver.until('the first', () => receiver.on('left').length === 1)
      await receiver.driver.unsubscribe(['left'])
      await publisher.publish('left', 'after')
      await publisher.publish('kept', 'after')
      await peers.fence(publisher, [receiver])
      assert.deepEqual([receiver.on('left'), receiver.on('kept')], [['before'], ['after']])
    },
  },
  {
    name: 'to subscribe twice is to subscribe, and to end what is not subscribed to is no error',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      await receiver.driver.unsubscribe(['never'])
      await receiver.driver.subscribe(['twice'])
      await receiver.driver.subscribe(['twice', 'once', 'once'])
      await Promise.all([publisher.publish('twice', 'a'), publisher.publish('once', 'a')])
      await peers.fence(publisher, [receiver])
      assert.deepEqual([receiver.on('twice'), receiver.on('once')], [['a'], ['a']], 'each message once')
      await receiver.driver.unsubscribe(['twice', 'never', 'once'])
      await receiver.driver.subscribe([])
      await receiver.driver.unsubscribe([])
      await Promise.all([publisher.publish('twice', 'b'), publisher.publish('once', 'b')])
      await peers.fence(publisher, [receiver])
      assert.deepEqual([receiver.on('twice'), receiver.on('once')], [['a'], ['a']], 'no subscription is left')
    },
  },
  {
    name: 'the last call counts, however many are under way',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      const flap = (topic: string, ...ends: boolean[]): Promise<void>[] =>
        ends.map((on) => (on ? receiver.driver.subscribe([topic]) : receiver.driver.unsubscribe([topic])))
      for (let round = 0; round < 50; round++) {
        await Promise.all([
          ...flap('stays', true, false, true, false, true),
          ...flap('leaves', true, false, true, false),
          ...flap('never left', false, true, true),
        ])
        await Promise.all(['stays', 'leaves', 'never left'].map((topic) => publisher.publish(topic, String(round))))
        const kept = ['stays', 'never left'] // what is on its way when a subscription is ended may be lost
        await receiver.until('both', () => kept.every((topic) => receiver.on(topic).length > round))
      }
      await peers.fence(publisher, [receiver])
      const all = Array.from({ length: 50 }, (_, round) => String(round))
      assert.deepEqual([receiver.on('stays'), receiver.on('never left'), receiver.on('leaves')], [all, all, []])
    },
  },
  {
    name: 'ten thousand topics in one call',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      const topics = numbered('batch', 10_000)
      await receiver.driver.subscribe(topics)
      await Promise.all(topics.map((topic) => publisher.publish(topic, 'all')))
      await receiver.until('one each', () => receiver.heard.length >= topics.length)
      assert.deepEqual(new Set(receiver.heard.map(({ topic }) => topic)), new Set(topics))
      assert.equal(receiver.heard.length, topics.length)
      await receiver.driver.unsubscribe(topics)
      await Promise.all(topics.slice(0, 100).map((topic) => publisher.publish(topic, 'none')))
      await peers.fence(publisher, [receiver])
      assert.equal(receiver.heard.filter(({ topic }) => topic.startsWith('batch')).length, topics.length)
    },
  },
  {
    name: 'a driver that is closed has left nothing at the broker, and tells nothing',
    needs: ['subscriptions'],
    async run(peers, broker) {
      const [publisher, receiver, witness] = await peers.up(3)
      const before = await broker.subscriptions()
      await receiver.driver.subscribe(numbered('closing', 100))
      assert.equal(await broker.subscriptions(), before + 100)
      const publishing = Promise.all(numbered('closing', 100).map((topic) => publisher.publish(topic, 'late')))
      await receiver.driver.close()
      const heard = receiver.heard.length
      await publishing
      await peers.fence(publisher, [witness])
      await emptied(publisher, async () => (await broker.subscriptions()) <= before)
      assert.equal(receiver.heard.length, heard)
      assert.deepEqual(receiver.states, ['up'], 'to be closed is not to be down')
      await assertClosed(receiver)
    },
  },
  {
    name: 'close ends what has only begun, and may be called twice',
    needs: [],
    async run(peers) {
      const begun = await peers.started()
      await begun.driver.close()
      await begun.driver.close()
      assert.deepEqual(begun.states, [])
      await assertClosed(begun)
      const [after] = await peers.up(1) // the broker would have answered by then
      assert.deepEqual([begun.states, after.states], [[], ['up']])
    },
  },
]

async function assertClosed({ driver }: Peer): Promise<void> {
  await assert.rejects(driver.publish('x', Buffer.alloc(1)))
  await assert.rejects(driver.subscribe(['x']))
  await assert.rejects(driver.unsubscribe(['x']))
}

/** A broker sees the end of a connection a moment later: asked again after each answer of another driver. */
async function emptied(other: Peer, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 10_000, 'the broker keeps subscriptions of a driver that is closed')
    await other.publish('tick', '')
  }
}
