import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Peer } from './peer.ts'

/** Publishes a numbered message every few milliseconds, and accounts for each: heard, rejected, or inside of an outage that was told. */
export class Account {
  readonly #publisher: Peer
  readonly #receiver: Peer
  readonly #taken = new Set<number>()
  readonly #pending = new Set<Promise<unknown>>()
  /** When the receiver had its topic, in numbers of messages: from the first that was published when it had it. */
  readonly #whole: number[] = []
  #next = 0
  /** Those that were settled when the broker was not there yet again. */
  #settled = 0
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

  /** While the broker is away: nothing of what was asked until now is kept for later. */
  async settles(): Promise<void> {
    this.#settled = this.#next
    let isOver = false
    void Promise.all(this.#pending).then(() => {
      isOver = true
      this.#publisher.onMessage('settled', Buffer.alloc(0)) // so that who waits asks again
    })
    await this.#publisher.until('all is settled', () => isOver)
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
    const last = this.#next
    await this.#publisher.publish('account', String(last))
    await this.#receiver.until('the last', () => this.#receiver.on('account').at(-1) === String(last))
    this.#check()
  }

  /** Subscribes whenever the broker is there, as the relay does. */
  #watch(): void {
    const { onUp } = this.#receiver
    const subscribe = async (): Promise<void> => {
      await this.#receiver.driver.subscribe(['account'])
      this.#whole.push(this.#next)
      this.#receiver.onMessage('whole', Buffer.alloc(0)) // so that who waits asks again
    }
    this.#receiver.onUp = () => {
      onUp.call(this.#receiver)
      void subscribe()
    }
    void subscribe()
  }

  #send(): void {
    const index = this.#next++
    const asked = this.#publisher.publish('account', String(index)).then(
      () => void this.#taken.add(index),
      () => undefined,
    )
    this.#pending.add(asked)
    void asked.then(() => this.#pending.delete(asked))
  }

  #check(): void {
    const heard = this.#receiver.heard
      .filter(({ topic }) => topic === 'account')
      .map(({ envelope, state }) => ({ index: Number(envelope.toString()), state }))
    const order = heard.map(({ index }) => index)
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      'in order',
    )
    assert.equal(new Set(order).size, order.length, 'none twice')
    const late = heard.filter(({ index, state }) => state > 1 && index < this.#settled)
    assert.deepEqual(late, [], 'kept somewhere until the broker was back')
    const got = new Set(order)
    const [first, second] = this.#whole
    // The last ones before the end may be lost with the broker, which nobody can tell apart from those after it.
    const end = heard.findLast(({ state }) => state === 1)?.index ?? 0
    const isDue = (index: number): boolean => (index >= first && index <= end) || index >= second
    const lost = [...this.#taken].filter((index) => isDue(index) && !got.has(index))
    assert.deepEqual(lost, [], 'lost, though taken and not inside of a gap that was told')
    assert.ok(this.#taken.size > 0 && this.#taken.size < this.#next, 'some were taken, and some rejected')
  }
}
