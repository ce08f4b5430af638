import type { Broker, BrokerSink } from 'sockroute'

/** Who is subscribed to what, of all apps in this process. */
const subscribers = new Map<string, Set<MemoryBroker>>()

/** Joins the topics of the apps in one process. It is also what a driver looks like: this one has no connection that could be lost. */
export class MemoryBroker implements Broker {
  readonly name = 'memory'
  readonly maxPayloadBytes = 1_048_576
  #app: BrokerSink | undefined

  start(app: BrokerSink): void {
    this.#app = app
    setImmediate(() => this.#app?.onUp())
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    this.#mustBeUp()
    for (const topic of topics) subscribers.set(topic, (subscribers.get(topic) ?? new Set()).add(this))
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    this.#mustBeUp()
    this.#leave(topics)
  }

  /** It goes to the own app, too, if that is subscribed: so an app knows that what it publishes gets through. */
  async publish(topic: string, envelope: Uint8Array): Promise<number> {
    this.#mustBeUp()
    if (envelope.length > this.maxPayloadBytes) throw new RangeError(`${envelope.length} bytes are too many`)
    const receivers = [...(subscribers.get(topic) ?? [])]
    setImmediate(() => {
      for (const receiver of receivers) receiver.#app?.onMessage(topic, envelope)
    })
    return receivers.length
  }

  async close(): Promise<void> {
    this.#app = undefined
    this.#leave(subscribers.keys())
  }

  #leave(topics: Iterable<string>): void {
    for (const topic of topics) {
      subscribers.get(topic)?.delete(this)
      if (subscribers.get(topic)?.size === 0) subscribers.delete(topic)
    }
  }

  #mustBeUp(): void {
    if (this.#app === undefined) throw new Error('closed, or not started')
  }
}
