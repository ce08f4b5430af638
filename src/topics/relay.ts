import { randomBytes } from 'node:crypto'
import { PreparedMessage } from '../prepared.ts'
import { Opcode } from '../protocol/opcode.ts'
import type { Broker, BrokerSink } from './broker.ts'
import type { BrokerErrorCode } from './broker-error.ts'
import { decodeEnvelope, type Envelope, encodeEnvelope, NODE_BYTES } from './envelope.ts'
import { Interest, type InterestOwner } from './interest.ts'
import { ORDERS } from './order.ts'
import { Outgoing, type OutgoingOwner } from './outgoing.ts'
import { PROBE_MS, Probe, type ProbeOwner } from './probe.ts'
import { HeardSequences } from './sequences.ts'
import type { Degraded, Restored, TopicState } from './topics.ts'

/** What was not used for so long, or twice that, is forgotten: the numbers of a topic's messages. */
const FORGET_MS = 300_000

/** A message is on its way to the broker for no longer: by then a probe of its node has not come back, and it was rejected. */
const MOST_UNDER_WAY_MS = 2 * PROBE_MS
const NO = Promise.resolve(false)
const NOTHING = Buffer.alloc(0)

/** What the relay asks of, and tells, the topics of this process. */
export interface RelayOwner extends OutgoingOwner {
  isWanted(topic: string): boolean
  wanted(): Iterable<string>
  /** A message from another process. */
  deliver(topic: string, message: PreparedMessage): void
  /** Another process tells this one what to do. */
  onOrder(bytes: Buffer): void
  /** Messages on `topic` were lost. Times are the clock's. */
  onGap(from: number, to: number, topic: string): void
  onDegraded(event: Degraded): void
  /** Everything is subscribed, and comes back. What others published since `from` may be missing. */
  onRestored(reason: Restored['reason'] | 'start', from: number, to: number): void
  count(what: 'relayed' | 'rejected' | 'received'): void
}

/**
 * Stands between the topics of this process and those of others: keeps the broker's subscriptions at what is wanted here, and says
 * of what comes in whether anything is missing. Knows neither sockets nor the broker's protocol.
 */
export class Relay implements BrokerSink, InterestOwner, ProbeOwner {
  readonly #broker: Broker
  readonly #owner: RelayOwner
  readonly #interest: Interest
  readonly #outgoing: Outgoing
  readonly #probe: Probe
  readonly #node = randomBytes(NODE_BYTES).toString('latin1')
  /** A topic of this node's own: what comes on it are its probes. */
  readonly #nodeTopic = `sockroute.node.${Buffer.from(this.#node, 'latin1').toString('hex')}`
  readonly #heard = new HeardSequences()
  readonly #forgetting: { cancel(): void }
  /** Between the driver's `onUp` and `onDown`. */
  #isConnected = false
  /** Probes come back, or have not had the time yet. */
  #isAlive = true
  /** It has let go of the broker, or is about to. */
  isClosed = false
  #closing: Promise<void> | undefined = undefined
  /** Why the last probe was not sent, if the broker has said so. */
  #probeFailure: unknown = undefined
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
    this.#outgoing = new Outgoing(broker, this.#node, owner, (error) => this.#onNotTaken(error))
    this.#probe = new Probe(this, clock)
    this.#goodUntil = clock.now()
    this.#forgetting = clock.setInterval(() => this.#forget(), FORGET_MS)
    broker.start(this)
  }

  get state(): Exclude<TopicState, 'local'> {
    if (this.isClosed) return 'degraded'
    if (this.#trouble === undefined) return 'up'
    return this.#trouble === 'start' ? 'connecting' : 'degraded'
  }

  /** Somebody is subscribed to `topic`. Fulfils with whether everybody's messages from then on arrive; in a few seconds in any case. */
  want(topic: string): Promise<boolean> {
    const wanted = this.#interest.want(topic)
    return this.#isAlive ? wanted : NO
  }

  /** Nobody is any more. */
  release(topic: string): void {
    if (!this.isWanted(topic)) this.#interest.release(topic)
  }

  /** As `Outgoing.publish`. */
  publish(topic: string, message: PreparedMessage): Promise<number | undefined> | BrokerErrorCode {
    if (this.#isConnected && this.#isAlive && !this.isClosed) return this.#outgoing.publish(topic, message)
    this.#owner.count('rejected')
    return 'BROKER_UNAVAILABLE'
  }

  /** As `publish`, to the processes themselves. */
  order(bytes: Buffer): Promise<number | undefined> | BrokerErrorCode {
    const isReachable = this.#isConnected && this.#isAlive && !this.isClosed
    return isReachable ? this.#outgoing.order(bytes) : 'BROKER_UNAVAILABLE'
  }

  /** Fulfils when what was published has gone out, as far as it does so soon, and the broker was let go of. It never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  // What the driver tells.

  onMessage(topic: string, bytes: Uint8Array): void {
    if (this.isClosed) return
    const envelope = decodeEnvelope(bytes)
    if (envelope === undefined) {
      this.#owner.warn({ topic, bytes: bytes.length }, 'sockroute: the broker brought something that is no message')
      return
    }
    if (envelope.node !== this.#node) this.#receive(topic, envelope)
    else if (topic === this.#nodeTopic) this.#probe.answered(envelope.sequence)
  }

  onUp(): void {
    if (this.isClosed) return
    if (this.#isConnected) this.onDown(new Error('the connection was made anew'))
    this.#isConnected = true
    this.#isAlive = true
    this.#heard.clear()
    void this.#recover()
  }

  onDown(reason: Error): void {
    if (this.isClosed) return
    this.#disconnect()
    this.#degrade('disconnect', reason)
  }

  // What the interest asks and tells.

  isWanted(topic: string): boolean {
    return topic === ORDERS || topic === this.#nodeTopic || this.#owner.isWanted(topic)
  }

  *wanted(): Iterable<string> {
    yield ORDERS
    if (this.#broker.probe === undefined) yield this.#nodeTopic
    yield* this.#owner.wanted()
  }

  onBroken(topic: string): void {
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
    this.#ask(number).catch((error: unknown) => {
      this.#probeFailure = error
    })
  }

  onAlive(sentAt: number): void {
    const [from, reason] = [this.#goodUntil - MOST_UNDER_WAY_MS, this.#trouble]
    this.#goodUntil = sentAt
    this.#probeFailure = undefined
    this.#isAlive = true
    this.#trouble = undefined
    if (reason !== undefined) this.#owner.onRestored(reason, from, this.#owner.clock.now())
  }

  onSilent(): void {
    const failure = this.#probeFailure
    const why = failure instanceof Error ? `: ${failure.message}` : ''
    this.#isAlive = false
    this.#degrade('probe', new Error(`nothing comes back from ${this.#broker.name}${why}`, { cause: failure }))
    try {
      this.#broker.reconnect?.()
    } catch (error) {
      this.#owner.warn({ err: error, broker: this.#broker.name }, 'sockroute: the broker could not be connected anew')
    }
  }

  async #ask(number: number): Promise<void> {
    if (this.#broker.probe !== undefined) {
      await this.#broker.probe()
      this.#probe.answered(number)
      return
    }
    const probe = { isFirst: false, isBinary: true, compress: false, isOrder: false, data: NOTHING }
    await this.#broker.publish(this.#nodeTopic, encodeEnvelope({ ...probe, node: this.#node, sequence: number }))
  }

  #receive(topic: string, { node, sequence, isFirst, isBinary, compress, isOrder, data }: Envelope): void {
    if (!this.#interest.has(topic)) return // its last subscriber has just gone
    const heard = this.#heard.hear(node, topic, sequence, isFirst, this.#goodUntil)
    if (heard === 'again') return
    if (heard !== 'next') this.#owner.onGap(heard.since - MOST_UNDER_WAY_MS, this.#owner.clock.now(), topic)
    if (isOrder) {
      if (topic === ORDERS) this.#owner.onOrder(data)
      return
    }
    this.#owner.count('received')
    if (!this.#owner.isWanted(topic)) return
    this.#owner.deliver(topic, new PreparedMessage(isBinary ? Opcode.Binary : Opcode.Text, data, compress))
  }

  /** While it is down, that has been told. */
  #onNotTaken(error: unknown): void {
    if (!this.#isConnected || !this.#isAlive) return
    const details = { err: error, broker: this.#broker.name }
    this.#owner.warn(details, 'sockroute: the broker does not take a message, although it is up')
  }

  async #close(): Promise<void> {
    this.isClosed = true
    await this.#outgoing.allSent()
    this.#disconnect()
    this.#forgetting.cancel()
    try {
      await this.#broker.close()
    } catch (error) {
      this.#owner.warn({ err: error, broker: this.#broker.name }, 'sockroute: the broker could not be closed')
    }
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
    this.#outgoing.forget()
    this.#heard.turn()
  }
}
