import type { Broker, BrokerSink } from '../../src/topics/broker.ts'
import { FakeClock } from './clock.ts'

/** What becomes of one copy of a message, on its way from the broker to one driver. */
export type Fate = 'arrives' | 'is lost' | 'comes twice'

export interface MemoryBrokerOptions {
  readonly clock?: FakeClock
  /** From a driver to the broker, and back. */
  readonly delayMs?: number
  readonly maxPayloadBytes?: number
  /** Drivers bring back nothing of their own, and have `probe` instead. */
  readonly noEcho?: boolean
  /** Whether drivers can `reconnect`. @defaultValue true */
  readonly reconnects?: boolean
}

/** A broker in memory for drivers in one process, in the time of a clock that tests move. It can do everything that real ones can. */
export class MemoryBroker {
  readonly clock: FakeClock
  readonly options: MemoryBrokerOptions
  readonly drivers: MemoryDriver[] = []
  isUp = true
  /** Decides of each copy, where `isKnown` says that one of the same origin has gone that way since the topic was subscribed. Probes always arrive. */
  fate: (envelope: Uint8Array, isKnown: boolean) => Fate = () => 'arrives'

  constructor(options: MemoryBrokerOptions = {}) {
    this.options = options
    this.clock = options.clock ?? new FakeClock()
  }

  driver(): MemoryDriver {
    const driver = new MemoryDriver(this)
    this.drivers.push(driver)
    return driver
  }

  /** It dies; every connection breaks. */
  stop(): void {
    this.isUp = false
    for (const driver of this.drivers) driver.cut('the broker has died')
  }

  /** It is there again, as empty as after a crash; drivers connect when their time comes. */
  start(): void {
    if (this.isUp) return
    this.isUp = true
    for (const driver of this.drivers) driver.connectSoon()
  }

  /** The number of drivers that are subscribed to `topic`. */
  subscribers(topic: string): number {
    return this.drivers.filter(({ subscribed }) => subscribed.has(topic)).length
  }

  /** Hands a message to all who are subscribed. Returns how many they are. */
  route(topic: string, envelope: Uint8Array, from: MemoryDriver): number {
    let receivers = 0
    for (const driver of this.drivers) {
      const origins = driver.subscribed.get(topic)
      if (origins === undefined || (this.options.noEcho === true && driver === from)) continue
      const fate = topic.startsWith('sockroute.node.') ? 'arrives' : this.fate(envelope, origins.has(from))
      origins.add(from)
      receivers++
      for (let left = fate === 'is lost' ? 0 : fate === 'comes twice' ? 2 : 1; left > 0; left--) {
        driver.transmit(() => driver.sink?.onMessage(topic, envelope))
      }
    }
    return receivers
  }
}

/** One process's way to it. */
export class MemoryDriver implements Broker {
  readonly name = 'memory'
  /** The topics, with those from whom something has come on them. */
  readonly subscribed = new Map<string, Set<MemoryDriver>>()
  /** Each call, as `subscribe 3`. */
  readonly calls: string[] = []
  /** Between a broken connection and the next. */
  reconnectMs = 100
  /** What it refuses to subscribe, although it is up. */
  refuses: (topic: string) => boolean = () => false
  /** And to publish on. */
  takesNothingOn: (topic: string) => boolean = () => false
  sink: BrokerSink | undefined
  probe?: () => Promise<void>
  reconnect?: () => void
  readonly #broker: MemoryBroker
  /** Grows with each connection: what belongs to an older one does not arrive any more. */
  #connection = 0
  #isConnected = false
  #isClosed = false
  /** What a link that has gone silent holds back, in both directions. */
  #held: (() => void)[] | undefined
  readonly #pending = new Set<(error: Error) => void>()

  constructor(broker: MemoryBroker) {
    this.#broker = broker
    const { noEcho = false, reconnects = true } = broker.options
    if (noEcho) this.probe = () => this.#roundTrip('probe', () => undefined)
    if (reconnects) this.reconnect = () => this.cut('nothing came back')
  }

  get maxPayloadBytes(): number {
    return this.#broker.options.maxPayloadBytes ?? 1_048_576
  }

  start(sink: BrokerSink): void {
    this.sink = sink
    this.#isClosed = false
    this.connectSoon(0)
  }

  subscribe(topics: readonly string[]): Promise<void> {
    return this.#roundTrip(`subscribe ${topics.length}`, () => {
      if (topics.some(this.refuses)) throw new Error('refused')
      for (const topic of topics) this.subscribed.set(topic, new Set())
    })
  }

  unsubscribe(topics: readonly string[]): Promise<void> {
    return this.#roundTrip(`unsubscribe ${topics.length}`, () => {
      if (topics.some(this.refuses)) throw new Error('refused')
      for (const topic of topics) this.subscribed.delete(topic)
    })
  }

  publish(topic: string, envelope: Uint8Array): Promise<number | undefined> {
    return this.#roundTrip('publish', () => {
      if (this.takesNothingOn(topic)) throw new Error('no permission')
      return this.#broker.route(topic, envelope, this)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#isConnected = false
    this.#connection++
    this.subscribed.clear()
    this.#rejectAll(new Error('closed'))
  }

  /** The connection breaks, and everybody knows; the next is made when its time comes. */
  cut(reason: string): void {
    const wasConnected = this.#isConnected
    this.#isConnected = false
    this.#connection++
    this.#held = undefined
    this.subscribed.clear()
    this.#rejectAll(new Error(reason))
    if (wasConnected) this.sink?.onDown(new Error(reason))
    this.connectSoon()
  }

  connectSoon(ms = this.reconnectMs): void {
    const connection = ++this.#connection
    this.#broker.clock.setTimeout(() => {
      if (connection !== this.#connection || this.#isClosed || !this.#broker.isUp) return
      this.#isConnected = true
      this.sink?.onUp()
    }, ms)
  }

  /** Nothing passes in either direction, and nobody is told. */
  stall(): void {
    this.#held ??= []
  }

  /** What was held back arrives. */
  heal(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const arrive of held) arrive()
  }

  /** Passes something on over this connection: in order, after the delay, if the connection is still there. */
  transmit(arrive: () => void): void {
    const connection = this.#connection
    const onTime = (): void => {
      if (connection !== this.#connection) return
      if (this.#held === undefined) arrive()
      else this.#held.push(onTime)
    }
    this.#broker.clock.setTimeout(onTime, this.#broker.options.delayMs ?? 1)
  }

  #roundTrip<T>(call: string, act: () => T): Promise<T> {
    if (!this.#isConnected) return Promise.reject(new Error('down'))
    this.calls.push(call)
    return new Promise((resolve, reject) => {
      this.#pending.add(reject)
      this.transmit(() => {
        try {
          const result = act()
          this.transmit(() => {
            this.#pending.delete(reject)
            resolve(result)
          })
        } catch (error) {
          this.#pending.delete(reject)
          reject(error)
        }
      })
    })
  }

  #rejectAll(error: Error): void {
    for (const reject of this.#pending) reject(error)
    this.#pending.clear()
  }
}
