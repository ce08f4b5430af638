/** A broker in this process, whose answers take a turn of the event loop as a network's do. It is there to prove the contract's suite. */

import type { Broker, BrokerSink } from '../../src/topics/broker.ts'
import type { BrokerUnderTest } from './broker-contract.ts'

const MAX_PAYLOAD_BYTES = 1_048_576
const DOWN = new Error('the broker cannot be reached')

/** What happens at the broker, in the order in which it was asked. */
export class ContractBroker implements BrokerUnderTest {
  readonly #links = new Set<Link>()
  readonly #byTopic = new Map<string, Set<Link>>()
  #isRunning = true

  create(): Broker {
    return new MemoryDriver(this)
  }

  async subscriptions(): Promise<number> {
    let count = 0
    for (const links of this.#byTopic.values()) count += links.size
    return count
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    for (const link of this.#links) link.end()
    this.#links.clear()
    this.#byTopic.clear()
  }

  async start(): Promise<void> {
    this.#isRunning = true
  }

  /** False where it is not running. */
  connect(link: Link): boolean {
    if (this.#isRunning) this.#links.add(link)
    return this.#isRunning
  }

  disconnect(link: Link): void {
    this.#links.delete(link)
    for (const topic of this.#byTopic.keys()) this.unsubscribe(link, topic)
  }

  subscribe(link: Link, topic: string): void {
    const links = this.#byTopic.get(topic) ?? new Set()
    this.#byTopic.set(topic, links.add(link))
  }

  unsubscribe(link: Link, topic: string): void {
    const links = this.#byTopic.get(topic)
    if (links?.delete(link) && links.size === 0) this.#byTopic.delete(topic)
  }

  publish(topic: string, envelope: Uint8Array): number {
    const links = this.#byTopic.get(topic) ?? []
    for (const link of links) link.deliver(topic, envelope)
    return [...links].length
  }
}

/** One connection: both directions keep their order, and take a turn. */
class Link {
  readonly #broker: ContractBroker
  readonly #onMessage: (topic: string, envelope: Uint8Array) => void
  readonly #onEnd: () => void
  readonly #unanswered = new Set<(reason: Error) => void>()
  #isOpen = true

  constructor(broker: ContractBroker, onMessage: (topic: string, envelope: Uint8Array) => void, onEnd: () => void) {
    this.#broker = broker
    this.#onMessage = onMessage
    this.#onEnd = onEnd
  }

  ask<T>(task: (broker: ContractBroker) => T): Promise<T> {
    if (!this.#isOpen) return Promise.reject(DOWN)
    return new Promise((resolve, reject) => {
      this.#unanswered.add(reject)
      this.#inOneTurn(() => {
        const answer = task(this.#broker)
        this.#inOneTurn(() => {
          this.#unanswered.delete(reject)
          resolve(answer)
        })
      })
    })
  }

  deliver(topic: string, envelope: Uint8Array): void {
    const copy = Uint8Array.from(envelope)
    this.#inOneTurn(() => this.#onMessage(topic, copy))
  }

  /** The broker is gone. */
  end(): void {
    this.close()
    setImmediate(this.#onEnd)
  }

  close(): void {
    this.#isOpen = false
    this.#broker.disconnect(this)
    for (const reject of this.#unanswered) reject(DOWN)
  }

  #inOneTurn(task: () => void): void {
    setImmediate(() => {
      if (this.#isOpen) task()
    })
  }
}

/** As short as a driver can be. */
export class MemoryDriver implements Broker {
  readonly name: string = 'memory'
  readonly maxPayloadBytes = MAX_PAYLOAD_BYTES
  readonly #broker: ContractBroker
  #sink: BrokerSink | undefined
  #link: Link | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(broker: ContractBroker) {
    this.#broker = broker
  }

  start(sink: BrokerSink): void {
    this.#sink = sink
    this.#connect(false)
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    const link = this.#up()
    await link.ask((broker) => {
      for (const topic of topics) broker.subscribe(link, topic)
    })
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    const link = this.#up()
    await link.ask((broker) => {
      for (const topic of topics) broker.unsubscribe(link, topic)
    })
  }

  async publish(topic: string, envelope: Uint8Array): Promise<number | undefined> {
    if (envelope.length > this.maxPayloadBytes) throw new RangeError('larger than the broker takes')
    return this.#up().ask((broker) => broker.publish(topic, envelope))
  }

  async close(): Promise<void> {
    this.#sink = undefined
    clearTimeout(this.#timer)
    this.#link?.close()
    this.#link = undefined
  }

  #up(): Link {
    if (this.#link === undefined) throw DOWN
    return this.#link
  }

  #connect(isDown: boolean): void {
    const link = new Link(
      this.#broker,
      (topic, envelope) => this.#sink?.onMessage(topic, envelope),
      () => this.#down(),
    )
    this.#timer = setTimeout(
      () => {
        if (!this.#broker.connect(link)) return isDown ? this.#connect(true) : this.#down()
        this.#link = link
        this.#sink?.onUp()
      },
      isDown ? 10 : 0,
    )
  }

  #down(): void {
    if (this.#sink === undefined) return
    this.#link = undefined
    this.#sink.onDown(DOWN)
    this.#connect(true)
  }
}
