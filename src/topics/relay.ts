import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { PreparedMessage } from '../prepared.ts'
import { Opcode } from '../protocol/opcode.ts'
import type { Broker, BrokerSink } from './broker.ts'
import type { BrokerErrorCode } from './broker-error.ts'
import { decodeEnvelope, type Envelope, encodeEnvelope, HEADER_BYTES, NODE_BYTES } from './envelope.ts'
import { Interest, type InterestOwner } from './interest.ts'
import { PROBE_MS, Probe, type ProbeOwner } from './probe.ts'
import { HeardSequences, SentSequences } from './sequences.ts'
import type { Degraded, Restored } from './topics.ts'

/** Bytes that the broker has not taken yet; one more message is then refused. */
const MAX_IN_FLIGHT_BYTES = 16_777_216
/** What a message costs besides its own bytes while it is in flight. */
const IN_FLIGHT_COST = 160
/** What was not used for so long, or twice that, is forgotten: the numbers of a topic's messages. */
const FORGET_MS = 300_000

/** A message is on its way to the broker for no longer: by then a probe of its node has not come back, and it was rejected. */
const MOST_UNDER_WAY_MS = 2 * PROBE_MS
/** The last messages, as those of 'close' listeners, have so long to go out. */
const LAST_MESSAGES_MS = 1_000

const NO = Promise.resolve(false)
const NOTHING = Buffer.alloc(0)

/** What the relay asks of, and tells, the topics of this process. */
export interface RelayOwner {
  readonly clock: Clock
  isWanted(topic: string): boolean
  wanted(): Iterable<string>
  /** A message from another process. */
  deliver(topic: string, message: PreparedMessage): void
  /** Messages on `topic` were lost. Times are the clock's. */
  onGap(from: number, to: number, topic: string): void
  onDegraded(event: Degraded): void
  /** Everything is subscribed, and comes back. What others published since `from` may be missing. */
  onRestored(reason: Restored['reason'] | 'start', from: number, to: number): void
  count(what: 'relayed' | 'rejected' | 'received'): void
  /** Something that an operator should know; at most one line a minute of each kind. */
  warn(details: object, message: string): void
}

/**
 * Stands between the topics of this process and those of others: keeps the broker's subscriptions at what is wanted here, numbers
 * what goes out, and says of what comes in whether anything is missing. Knows neither sockets nor the broker's protocol.
 */
export class Relay implements BrokerSink, InterestOwner, ProbeOwner {
  readonly #broker: Broker
  readonly #owner: RelayOwner
  readonly #interest: Interest
  readonly #probe: Probe
  readonly #node = randomBytes(NODE_BYTES).toString('latin1')
  /** A topic of this node's own: what comes on it are its probes. */
  readonly #nodeTopic = `sockroute.node.${Buffer.from(this.#node, 'latin1').toString('hex')}`
  readonly #sent = new SentSequences()
  readonly #heard = new HeardSequences()
  readonly #forgetting: { cancel(): void }
  #inFlightBytes = 0
  /** Between the driver's `onUp` and `onDown`. */
  #isConnected = false
  /** Probes come back, or have not had the time yet. */
  #isAlive = true
  #isClosed = false
  #closing: Promise<void> | undefined = undefined
  #onAllSent: () => void = () => undefined
  /** Up to here nothing that the broker had was lost. */
  #goodUntil: number
  /** Why what others publish may be missing; undefined while nothing is. */
  #trouble: Restored['reason'] | 'start' | undefined = 'start'

  /** @throws what the driver throws for a wrong setting */
  constructor(broker: Broker, owner: RelayOwner) {
    const { clock } = owner
    this.#broker = broker
    this.#owner = owner
    this.#interest = new Interest(broker, this, clock)
    this.#probe = new Probe(this, clock)
    this.#goodUntil = clock.now()
    this.#forgetting = clock.setInterval(() => this.#forget(), FORGET_MS)
    broker.start(this)
  }

  get state(): 'up' | 'degraded' {
    return this.#isConnected && this.#trouble === undefined ? 'up' : 'degraded'
  }

  /** Somebody is subscribed to `topic`. Fulfils with whether everybody's messages from then on arrive; in a few seconds in any case. */
  want(topic: string): Promise<boolean> {
    const wanted = this.#interest.want(topic)
    return this.#isAlive ? wanted : NO
  }

  /** Nobody is any more. */
  release(topic: string): void {
    this.#interest.release(topic)
  }

  /**
   * Hands a message to the broker; it is never kept for later. Fulfils with the number of processes that it went to, where the broker
   * tells. What speaks against it from the start is returned instead.
   */
  publish(topic: string, message: PreparedMessage): Promise<number | undefined> | BrokerErrorCode {
    const data = message.payload
    const refusal = this.#refuses(HEADER_BYTES + data.length)
    if (refusal === undefined) {
      const isFirst = this.#sent.isFirst(topic)
      const sequence = this.#sent.next(topic)
      const isBinary = message.opcode === Opcode.Binary
      const { compress } = message
      return this.#send(topic, encodeEnvelope({ node: this.#node, sequence, isFirst, isBinary, compress, data }))
    }
    this.#owner.count('rejected')
    return refusal
  }

  /** Fulfils when what was published has gone out, as far as it does so soon, and the broker was let go of. It never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  // What the driver tells.

  onMessage(topic: string, bytes: Uint8Array): void {
    if (this.#isClosed) return
    const envelope = decodeEnvelope(bytes)
    if (envelope === undefined) {
      this.#owner.warn({ topic, bytes: bytes.length }, 'sockroute: the broker brought something that is no message')
      return
    }
    if (envelope.node !== this.#node) this.#receive(topic, envelope)
    else if (topic === this.#nodeTopic) this.#probe.answered(envelope.sequence)
  }

  onUp(): void {
    if (this.#isClosed) return
    if (this.#isConnected) this.onDown(new Error('the connection was made anew'))
    this.#isConnected = true
    this.#isAlive = true
    this.#heard.clear()
    void this.#recover()
  }

  onDown(reason: Error): void {
    if (this.#isClosed) return
    this.#disconnect()
    this.#degrade('disconnect', reason)
  }

  // What the interest asks and tells.

  isWanted(topic: string): boolean {
    return topic === this.#nodeTopic || this.#owner.isWanted(topic)
  }

  *wanted(): Iterable<string> {
    if (this.#broker.probe === undefined) yield this.#nodeTopic
    yield* this.#owner.wanted()
  }

  onFresh(topic: string): void {
    this.#heard.forget(topic)
  }

  onLate(topic: string, since: number): void {
    this.#owner.onGap(since, this.#owner.clock.now(), topic)
  }

  onRefused(error: unknown): void {
    const details = { err: error, broker: this.#broker.name }
    this.#owner.warn(details, 'sockroute: the broker refuses a subscription; it is tried again each second')
  }

  // What the probe asks and tells.

  sendProbe(number: number): void {
    // One that cannot be sent does not come back, and that is seen.
    this.#ask(number).catch(() => undefined)
  }

  onAlive(sentAt: number): void {
    const [from, reason] = [this.#goodUntil - MOST_UNDER_WAY_MS, this.#trouble]
    this.#goodUntil = sentAt
    this.#isAlive = true
    this.#trouble = undefined
    if (reason !== undefined) this.#owner.onRestored(reason, from, this.#owner.clock.now())
  }

  onSilent(): void {
    this.#isAlive = false
    this.#degrade('probe', new Error(`nothing comes back from ${this.#broker.name}`))
    this.#broker.reconnect?.()
  }

  async #ask(number: number): Promise<void> {
    if (this.#broker.probe !== undefined) {
      await this.#broker.probe()
      this.#probe.answered(number)
      return
    }
    const probe = { isFirst: false, isBinary: true, compress: false, data: NOTHING }
    await this.#broker.publish(this.#nodeTopic, encodeEnvelope({ ...probe, node: this.#node, sequence: number }))
  }

  #refuses(bytes: number): BrokerErrorCode | undefined {
    if (!this.#isConnected || !this.#isAlive || this.#isClosed) return 'BROKER_UNAVAILABLE'
    const { maxPayloadBytes } = this.#broker
    if (bytes > maxPayloadBytes) {
      this.#owner.warn({ bytes, maxPayloadBytes }, 'sockroute: a message is larger than the broker takes')
      return 'BROKER_PAYLOAD_TOO_LARGE'
    }
    return this.#inFlightBytes > MAX_IN_FLIGHT_BYTES ? 'BROKER_BACKLOG' : undefined
  }

  async #send(topic: string, envelope: Buffer): Promise<number | undefined> {
    const cost = envelope.length + IN_FLIGHT_COST
    this.#inFlightBytes += cost
    try {
      const receivers = await this.#broker.publish(topic, envelope)
      this.#owner.count('relayed')
      return receivers
    } catch (error) {
      this.#owner.count('rejected')
      throw error
    } finally {
      this.#inFlightBytes -= cost
      if (this.#inFlightBytes === 0) this.#onAllSent()
    }
  }

  #receive(topic: string, { node, sequence, isFirst, isBinary, compress, data }: Envelope): void {
    if (!this.#interest.has(topic)) return // its last subscriber has just gone
    const heard = this.#heard.hear(node, topic, sequence, isFirst, this.#goodUntil)
    if (heard === 'again') return
    if (heard !== 'next') this.#owner.onGap(heard.since - MOST_UNDER_WAY_MS, this.#owner.clock.now(), topic)
    this.#owner.count('received')
    if (!this.#owner.isWanted(topic)) return
    this.#owner.deliver(topic, new PreparedMessage(isBinary ? Opcode.Binary : Opcode.Text, data, compress))
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    if (this.#inFlightBytes > 0) await this.#allSent()
    this.#disconnect()
    this.#forgetting.cancel()
    try {
      await this.#broker.close()
    } catch (error) {
      this.#owner.warn({ err: error, broker: this.#broker.name }, 'sockroute: the broker could not be closed')
    }
  }

  #allSent(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#owner.clock.setTimeout(resolve, LAST_MESSAGES_MS, true)
      this.#onAllSent = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  /** Everything is subscribed anew, and then a probe has to come back. */
  async #recover(): Promise<void> {
    if (await this.#interest.up()) this.#probe.start()
  }

  #disconnect(): void {
    this.#isConnected = false
    this.#interest.down()
    this.#probe.stop()
  }

  #degrade(reason: Degraded['reason'], error: Error): void {
    if (this.#trouble !== undefined && this.#trouble !== 'start') return
    this.#trouble = reason
    this.#owner.onDegraded({ reason, error })
  }

  #forget(): void {
    this.#sent.turn()
    this.#heard.turn()
  }
}
