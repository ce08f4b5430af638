/** Drivers as the checks use them: each notes what it was told, and can be waited for. */

import type { Broker, BrokerSink } from '../../../src/topics/broker.ts'
import type { BrokerUnderTest, OnLine } from '../broker-contract.ts'

export interface Heard {
  readonly topic: string
  readonly envelope: Buffer
  /** In which of the receiver's states, from 1 on. */
  readonly state: number
}

/** One of three ways is left out by this many topics once in 400,000 times. */
const FENCES = 32

/** A driver, and what it has told. */
export class Peer implements BrokerSink {
  readonly heard: Heard[] = []
  readonly states: ('up' | 'down')[] = []
  readonly reasons: Error[] = []
  readonly driver: Broker
  readonly #waiting = new Set<() => void>()

  readonly #patienceMs: number

  constructor(driver: Broker, patienceMs: number) {
    this.driver = driver
    this.#patienceMs = patienceMs
  }

  onMessage(topic: string, envelope: Uint8Array): void {
    this.heard.push({ topic, envelope: Buffer.from(envelope), state: this.states.length })
    this.#told()
  }

  onUp(): void {
    this.states.push('up')
    this.#told()
  }

  onDown(reason: Error): void {
    this.states.push('down')
    this.reasons.push(reason)
    this.#told()
  }

  get isUp(): boolean {
    return this.states.at(-1) === 'up'
  }

  /** What was told on a topic, as text. */
  on(topic: string): string[] {
    return this.heard.filter((one) => one.topic === topic).map(({ envelope }) => envelope.toString())
  }

  publish(topic: string, text: string): Promise<number | undefined> {
    return this.driver.publish(topic, Buffer.from(text))
  }

  /** Fulfils as soon as it holds; it is asked again whenever something is told. */
  until(what: string, holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(reject, new Error(`waited in vain: ${what}`)), this.#patienceMs)
      const ask = (): void => {
        if (holds()) settle(resolve)
      }
      const settle = <T extends unknown[]>(how: (...args: T) => void, ...args: T): void => {
        clearTimeout(timer)
        this.#waiting.delete(ask)
        how(...args)
      }
      this.#waiting.add(ask)
    })
  }

  #told(): void {
    for (const ask of this.#waiting) ask()
  }
}

/** All drivers of one check. */
export class Peers {
  readonly #broker: BrokerUnderTest
  readonly #patienceMs: number
  readonly #all: Peer[] = []
  readonly #onLines: OnLine[] = []

  constructor(broker: BrokerUnderTest, patienceMs: number) {
    this.#broker = broker
    this.#patienceMs = patienceMs
  }

  /** One that is begun, whatever becomes of it. */
  async started(): Promise<Peer> {
    return this.#start(await this.#broker.create())
  }

  async up(count: number): Promise<Peer[]> {
    const peers = await Promise.all(Array.from({ length: count }, () => this.started()))
    await Promise.all(peers.map((peer) => peer.until('up', () => peer.isUp)))
    return peers
  }

  /** To be called when all others are up: see `OnLine`. */
  async upOnLine(): Promise<{ readonly peer: Peer } & OnLine> {
    const made = await this.#broker.createOnLine?.()
    if (made === undefined) throw new Error('there is no such line')
    this.#onLines.push(made)
    const peer = this.#start(made.driver)
    await peer.until('up', () => peer.isUp)
    return { peer, ...made }
  }

  /**
   * Returns when whatever `from` had published before has reached `to`: a broker of several ways keeps what goes one way in order,
   * and so many topics take all of them.
   */
  async fence(from: Peer, to: readonly Peer[]): Promise<void> {
    const id = `fence ${Math.random()}`
    const topics = Array.from({ length: FENCES }, (_, index) => `${id} ${index}`)
    await Promise.all(to.map((peer) => peer.driver.subscribe(topics)))
    await Promise.all(topics.map((topic) => from.publish(topic, 'fence')))
    const passed = (peer: Peer): boolean => peer.heard.filter(({ topic }) => topic.startsWith(id)).length === FENCES
    await Promise.all(to.map((peer) => peer.until('fence', () => passed(peer))))
    await Promise.all(to.map((peer) => peer.driver.unsubscribe(topics)))
  }

  async close(): Promise<void> {
    for (const one of this.#onLines) one.end() // so that timers are cleared where they were set
    await Promise.all(this.#all.map((peer) => peer.driver.close()))
  }

  #start(driver: Broker): Peer {
    const peer = new Peer(driver, this.#patienceMs)
    this.#all.push(peer)
    driver.start(peer)
    return peer
  }
}
