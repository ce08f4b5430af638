import type { Clock } from '../clock.ts'
import { ownText } from '../own-copy.ts'
import type { PreparedMessage } from '../prepared.ts'
import { Opcode } from '../protocol/opcode.ts'
import type { Broker } from './broker.ts'
import type { BrokerErrorCode } from './broker-error.ts'
import { type Envelope, encodeEnvelope, HEADER_BYTES } from './envelope.ts'
import { ORDERS } from './order.ts'
import { SentSequences } from './sequences.ts'

/** Bytes that the broker has not taken yet; one more message is then refused. */
const MAX_IN_FLIGHT_BYTES = 16_777_216
/** What a message costs besides its bytes and its topic while it is in flight. */
const IN_FLIGHT_COST = 160
/** Of text in memory, at most. */
const CHARACTER_BYTES = 2
/** The last messages, as those of 'close' listeners, have so long to go out. */
const LAST_MESSAGES_MS = 1_000

export interface OutgoingOwner {
  readonly clock: Clock
  count(what: 'relayed' | 'rejected' | 'received'): void
  /** Something that an operator should know; at most one line a minute of each kind. */
  warn(details: object, message: string): void
}

/** Messages of this process on their way to the broker, numbered. */
export class Outgoing {
  readonly #broker: Broker
  readonly #node: string
  readonly #owner: OutgoingOwner
  readonly #sequences = new SentSequences()
  readonly #onFailed: (error: unknown) => void
  #inFlightBytes = 0
  #onAllSent: () => void = () => undefined

  /** `onFailed` is told why the broker has not taken a message. */
  constructor(broker: Broker, node: string, owner: OutgoingOwner, onFailed: (error: unknown) => void) {
    this.#broker = broker
    this.#node = node
    this.#owner = owner
    this.#onFailed = onFailed
  }

  /**
   * Hands a message to the broker; it is never kept for later. Fulfils with the number of processes that it went to, where the broker
   * tells. What speaks against it from the start is returned instead.
   */
  publish(name: string, message: PreparedMessage): Promise<number | undefined> | BrokerErrorCode {
    const { payload: data, compress } = message
    const isBinary = message.opcode === Opcode.Binary
    const sent = this.#number(ownText(name), { isBinary, compress, isOrder: false, data })
    if (typeof sent === 'string') this.#owner.count('rejected')
    else
      void sent.then(
        () => this.#owner.count('relayed'),
        () => this.#owner.count('rejected'),
      )
    return sent
  }

  /** As `publish`, for the processes themselves. It is no message, and not counted. */
  order(data: Buffer): Promise<number | undefined> | BrokerErrorCode {
    return this.#number(ORDERS, { isBinary: true, compress: false, isOrder: true, data })
  }

  /** Fulfils when nothing is in flight, or does not arrive soon. */
  async allSent(): Promise<void> {
    if (this.#inFlightBytes === 0) return
    await new Promise<void>((resolve) => {
      const timer = this.#owner.clock.setTimeout(resolve, LAST_MESSAGES_MS, true)
      this.#onAllSent = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  /** To be called each few minutes. */
  forget(): void {
    this.#sequences.turn()
  }

  #number(
    topic: string,
    content: Omit<Envelope, 'node' | 'sequence' | 'isFirst'>,
  ): Promise<number | undefined> | BrokerErrorCode {
    const refusal = this.#refuses(HEADER_BYTES + content.data.length)
    if (refusal !== undefined) return refusal
    const isFirst = this.#sequences.isFirst(topic)
    const sequence = this.#sequences.next(topic)
    return this.#send(topic, encodeEnvelope({ node: this.#node, sequence, isFirst, ...content }))
  }

  #refuses(bytes: number): BrokerErrorCode | undefined {
    const { maxPayloadBytes } = this.#broker
    if (bytes > maxPayloadBytes) {
      this.#owner.warn({ bytes, maxPayloadBytes }, 'sockroute: a message is larger than the broker takes')
      return 'BROKER_PAYLOAD_TOO_LARGE'
    }
    if (this.#inFlightBytes <= MAX_IN_FLIGHT_BYTES) return undefined
    this.#owner.warn({ bytes: this.#inFlightBytes }, 'sockroute: the broker takes messages more slowly than they come')
    return 'BROKER_BACKLOG'
  }

  async #send(topic: string, envelope: Buffer): Promise<number | undefined> {
    const cost = envelope.length + CHARACTER_BYTES * topic.length + IN_FLIGHT_COST
    this.#inFlightBytes += cost
    try {
      return await this.#broker.publish(topic, envelope)
    } catch (error) {
      this.#onFailed(error)
      throw error
    } finally {
      this.#inFlightBytes -= cost
      if (this.#inFlightBytes === 0) this.#onAllSent()
    }
  }
}
