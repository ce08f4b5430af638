import type { Broker, BrokerSink } from '../src/adapter.ts'
import { Backlog } from './broker-backlog.ts'
import { type Life, Link } from './broker-link.ts'
import { type BrokerOptions, checkSize } from './broker-options.ts'

/** What is done with a connection, whatever it consists of. */
export interface BrokerConnection {
  publish(topic: string, envelope: Buffer): Promise<number | undefined>
  change(topics: readonly string[], isOn: boolean): Promise<void>
}

/** Connects once, as `Link` has it. `onMessage` is called for each message that the connection brings. */
export type ConnectBroker<C> = (life: Life, onMessage: (topic: string, envelope: Uint8Array) => void) => Promise<C>

export interface DriverSettings extends Pick<BrokerOptions, 'maxBacklogBytes'> {
  readonly replyTimeoutMs: number
  readonly maxPayloadBytes: number
}

/** A driver is how it connects; all else is the same for all whose messages come back to them. */
export class LinkedBroker<C extends BrokerConnection> implements Broker {
  readonly name: string
  maxPayloadBytes: number
  protected readonly link: Link<C>
  readonly #backlog: Backlog

  constructor(name: string, settings: DriverSettings, connect: ConnectBroker<C>) {
    this.name = name
    this.maxPayloadBytes = settings.maxPayloadBytes
    this.link = new Link(name, settings.replyTimeoutMs, (life) => connect(life, this.#tellerOf(life)))
    this.#backlog = new Backlog(name, settings.maxBacklogBytes)
  }

  start(sink: BrokerSink): void {
    this.link.start(sink)
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.link.current.change(topics, true)
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    await this.link.current.change(topics, false)
  }

  async publish(topic: string, envelope: Uint8Array): Promise<number | undefined> {
    checkSize(this, envelope)
    const { buffer, byteOffset, length } = envelope
    const bytes = Buffer.isBuffer(envelope) ? envelope : Buffer.from(buffer, byteOffset, length)
    const cost = this.#backlog.enter(topic, bytes)
    try {
      return await this.link.current.publish(topic, bytes)
    } finally {
      this.#backlog.leave(cost)
    }
  }

  async close(): Promise<void> {
    this.link.close()
  }

  #tellerOf(life: Life): (topic: string, envelope: Uint8Array) => void {
    return (topic, envelope) => this.link.tell(life, topic, envelope)
  }
}

/** The same where what it publishes does not come back. */
export class ProbedBroker<C extends BrokerConnection & { probe(): Promise<void> }> extends LinkedBroker<C> {
  async probe(): Promise<void> {
    await this.link.current.probe()
  }
}
