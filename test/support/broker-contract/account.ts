import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Peer } from './peer.ts'

/** What is told of a message this much later than it was published was kept somewhere. */
const LATE_MS = 1_000

/** Publishes a numbered message every few milliseconds, and accounts for each: heard, rejected, or inside of an outage that was told. */
export class Account {
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
