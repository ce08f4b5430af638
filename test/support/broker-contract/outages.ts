/** The broker gone, and back. */

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Check } from '../broker-contract.ts'
import type { Peer } from './peer.ts'

/** What is told of a message this much later than it was published was kept somewhere. */
const LATE_MS = 1_000

/** To reject at once is to reject long before the broker could be given up as silent. */
const AT_ONCE_MS = 500

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
      const [held, line] = await peers.upOnLine()
      await held.driver.subscribe(['held'])
      line.stall()
      const asked = held.publish('held', 'into the void')
      await publisher.publish('held', 'held back')
      await assert.rejects(asked)
      await held.until('down', () => !held.isUp)
      await assert.rejects(held.publish('held', 'down'))
      line.heal()
      await held.until('up', () => held.isUp)
      await peers.fence(publisher, [held])
      assert.deepEqual([held.on('held'), held.states], [[], ['up', 'down', 'up']])
    },
  },
]

/** Publishes a numbered message every few milliseconds, and accounts for each: heard, rejected, or inside of an outage that was told. */
class Account {
  readonly #publisher: Peer
  readonly #receiver: Peer
  readonly #sentAt: number[] = []
  readonly #taken = new Set<number>()
  readonly #pending: Promise<unknown>[] = []
  /** Times at which the receiver had its topic, from when to when. */
  readonly #whole: [from: number, to: number][] = []
  #timer: NodeJS.Timeout | undefined

  constructor(publisher: Peer, receiver: Peer) {
    this.#publisher = publisher
    this.#receiver = receiver
  }

  async begin(): Promise<void> {
    this.#watch()
    await this.#receiver.until('subscribed', () => this.#whole.length > 0)
    this.#timer = setInterval(() => this.#send(), 2)
  }

  /** Fulfils after this time with both of them up and subscribed. */
  async goesOn(ms: number): Promise<void> {
    await this.#publisher.until('up', () => this.#publisher.states.length === 3)
    await this.#receiver.until('subscribed again', () => this.#whole.length === 2)
    await delay(ms)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async end(): Promise<void> {
    this.stop()
    await Promise.all(this.#pending)
    const last = this.#sentAt.length
    await this.#publisher.publish('account', String(last))
    await this.#receiver.until('the last', () => this.#receiver.on('account').at(-1) === String(last))
    this.#check()
  }

  /** Subscribes whenever the broker is there, as the relay does. */
  #watch(): void {
    const { onUp, onDown } = this.#receiver
    const subscribe = async (): Promise<void> => {
      await this.#receiver.driver.subscribe(['account'])
      this.#whole.push([performance.now(), Infinity])
      this.#receiver.onMessage('whole', Buffer.alloc(0)) // so that who waits asks again
    }
    this.#receiver.onUp = () => {
      onUp.call(this.#receiver)
      void subscribe()
    }
    this.#receiver.onDown = (reason) => {
      const open = this.#whole.at(-1)
      if (open !== undefined && open[1] === Infinity) open[1] = performance.now()
      onDown.call(this.#receiver, reason)
    }
    void subscribe()
  }

  #send(): void {
    const index = this.#sentAt.push(performance.now()) - 1
    const taken = (): void => {
      this.#taken.add(index)
    }
    this.#pending.push(this.#publisher.publish('account', String(index)).then(taken, () => undefined))
  }

  #check(): void {
    const heard = this.#receiver.heard.filter(({ topic }) => topic === 'account')
    const order = heard.map(({ envelope }) => Number(envelope.toString()))
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      'in order',
    )
    assert.equal(new Set(order).size, order.length, 'none twice')
    for (const { envelope, at } of heard) {
      const index = Number(envelope.toString())
      assert.ok(!(at - this.#sentAt[index] > LATE_MS), `message ${index} came ${at - this.#sentAt[index]} ms late`)
    }
    const got = new Set(order)
    const lost = [...this.#taken].filter((index) => !got.has(index) && this.#isWhole(this.#sentAt[index]))
    assert.deepEqual(lost, [], 'lost, though taken and not inside of a gap that was told')
    assert.ok(this.#taken.size > 0 && this.#taken.size < this.#sentAt.length, 'some were taken, and some rejected')
  }

  /** What is published just before an end may be lost with the broker, which cannot be told apart from where it was told. */
  #isWhole(at: number): boolean {
    return this.#whole.some(([from, to]) => at >= from && at < to - LATE_MS / 10)
  }
}
