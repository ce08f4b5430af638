import { Connection } from '../connection.ts'
import { CHANNELS } from '../diagnostics.ts'
import type { LimitName } from '../limits.ts'
import { ownText } from '../own-copy.ts'
import { type MessageData, messageOpcode, toPayload } from '../payload.ts'
import { PreparedMessage } from '../prepared.ts'
import { AppTopics } from './app-topics.ts'
import type { Broker } from './broker.ts'
import { BrokerError, type BrokerErrorCode } from './broker-error.ts'
import { Listener, type ListenOptions, type TopicListener } from './listener.ts'
import { countOf, eachOf, hasMember, withMember, withoutMember } from './members.ts'
import type { Relay } from './relay.ts'
import { type Counting, type LocalTopics, type RemoteHost, RemoteTopics } from './remote-topics.ts'
import type { Subscriber } from './subscriber.ts'
import { checkTopic, MAX_TOPIC_BYTES } from './topic-name.ts'
import { TopicTable } from './topic-table.ts'
import type { Published, PublishOptions, TopicState, TopicSubscription } from './topics.ts'

/** The app around the topics. */
export interface TopicHost extends RemoteHost {
  onLimit(name: LimitName, at: Subscriber): void
}

/** Why other processes do not know. */
export interface Untold {
  readonly code: BrokerErrorCode
  readonly cause?: unknown
}

const SUBSCRIBED = CHANNELS['sockroute:topic:subscribed']
const UNSUBSCRIBED = CHANNELS['sockroute:topic:unsubscribed']
const PUBLISHED = CHANNELS['sockroute:topic:published']

const YES = Promise.resolve(true)
const NO = Promise.resolve(false)
const NO_OPTIONS: PublishOptions = {}
/** Of a socket's topics, for each that it may have, beside one of the longest. */
const CHARACTERS_PER_TOPIC = 256

/** Who is subscribed to what in this process, and what is published. */
export class TopicHub implements LocalTopics {
  readonly table = new TopicTable<Subscriber>()
  readonly counts: Counting = { published: 0, relayed: 0, rejected: 0, received: 0, dropped: 0, gaps: 0 }
  /** As users see them. */
  readonly view: AppTopics
  /** The process's own. */
  readonly listeners = new Set<Listener>()
  readonly #host: TopicHost
  readonly #broker: Broker | undefined
  /** The way to other processes. */
  #relay: Relay | undefined = undefined
  #isOpen = false

  /** @throws what the driver throws for a wrong setting */
  constructor(host: TopicHost, broker?: Broker) {
    this.view = new AppTopics(this)
    this.#host = host
    this.#broker = broker
    this.open()
  }

  get size(): number {
    return this.table.size
  }

  get state(): TopicState {
    return this.#relay?.state ?? 'local'
  }

  count(topic: string): number {
    return this.table.count(topic)
  }

  names(): Iterable<string> {
    return this.table.names()
  }

  /**
   * Fulfils with true when whatever anybody publishes from then on arrives.
   * @throws TypeError for what is no topic; RangeError for one that is too long, or one too many
   */
  subscribe(subscriber: Subscriber, name: unknown): Promise<boolean> {
    checkTopic(name, 'subscribe')
    if (!subscriber.isOpen) return NO
    const topic = ownText(name)
    if (!hasMember(subscriber.subscriptions, topic)) {
      this.#checkRoom(subscriber, topic)
      subscriber.subscriptions = withMember(subscriber.subscriptions, topic)
      subscriber.topicCharacters += topic.length
      this.table.add(topic, subscriber)
      if (SUBSCRIBED.hasSubscribers) SUBSCRIBED.publish({ topic, connection: subscriber.connection })
    }
    return this.#relay === undefined ? YES : this.#relay.want(topic)
  }

  /** @throws as `subscribe` */
  unsubscribe(subscriber: Subscriber, name: unknown): void {
    checkTopic(name, 'unsubscribe')
    if (!hasMember(subscriber.subscriptions, name)) return
    const topic = ownText(name)
    subscriber.subscriptions = withoutMember(subscriber.subscriptions, topic)
    subscriber.topicCharacters -= topic.length
    this.#remove(topic, subscriber)
  }

  /** @throws as `subscribe`; TypeError for a listener that is none */
  listen(topic: unknown, listener: TopicListener, options: ListenOptions): TopicSubscription {
    checkTopic(topic, 'subscribe')
    if (typeof listener !== 'function') {
      throw new TypeError(`subscribe(topic, listener): the listener is a function; got ${typeof listener}`)
    }
    const one = new Listener(topic, listener, options, (err) =>
      this.#host.log('error', { err, topic }, 'sockroute: a listener on a topic failed'),
    )
    this.listeners.add(one)
    const unsubscribe = (): void => {
      this.unsubscribe(one, topic)
      this.listeners.delete(one)
    }
    return { ready: this.subscribe(one, topic), unsubscribe }
  }

  /** Its end has begun: it gets nothing more. What it was subscribed to it can still be asked. */
  leave(subscriber: Subscriber): void {
    for (const topic of eachOf(subscriber.subscriptions)) this.#remove(topic, subscriber)
  }

  /**
   * Returns for how many sockets of this process it was queued.
   * @throws TypeError for what is no topic, or cannot be sent; RangeError for a topic that is too long
   */
  publish(topic: string, data: MessageData | PreparedMessage, options: PublishOptions = NO_OPTIONS): number {
    const message = this.#message(topic, data, options)
    const local = this.#deliver(topic, message, options.except)
    if (this.#relay !== undefined && options.local !== true) {
      const sent = this.#relay.publish(topic, message)
      if (typeof sent !== 'string') sent.catch(() => undefined) // it is counted
    }
    return local
  }

  /**
   * The same, and fulfils when the broker has taken it; without one at once. Rejects with a `BrokerError` when it has not, and for what
   * `publish` throws.
   */
  async publishConfirmed(
    topic: string,
    data: MessageData | PreparedMessage,
    options: PublishOptions = NO_OPTIONS,
  ): Promise<Published> {
    const message = this.#message(topic, data, options)
    const local = this.#deliver(topic, message, options.except)
    if (this.#relay === undefined || options.local === true) return { local }
    const sent = this.#relay.publish(topic, message)
    if (typeof sent === 'string') throw new BrokerError(sent, local)
    const receivers = await sent.catch((error: unknown) => {
      throw new BrokerError('BROKER_UNAVAILABLE', local, error)
    })
    return receivers === undefined ? { local } : { local, receivers }
  }

  /** To the other processes of the app, past all topics. Fulfils with why not, where they could not be told; it never rejects. */
  async order(bytes: Buffer): Promise<Untold | undefined> {
    const sent = this.#relay?.order(bytes)
    if (typeof sent === 'string') return { code: sent }
    try {
      await sent
      return undefined
    } catch (cause) {
      return { code: 'BROKER_UNAVAILABLE', cause }
    }
  }

  /** A message from another process. */
  deliver(topic: string, message: PreparedMessage): void {
    this.#deliver(topic, message)
  }

  /** Takes hold of the broker: at once, or when it has been let go of. */
  open(): void {
    this.#isOpen = true
    if (this.#relay === undefined) this.#connect()
    else if (this.#relay.isClosed) void this.#relay.close().then(() => this.#connectAgain())
  }

  /** Lets go of the broker. */
  async close(): Promise<void> {
    this.#isOpen = false
    await this.#relay?.close()
  }

  /** Nobody waits for it. */
  #connectAgain(): void {
    try {
      this.#connect()
    } catch (error) {
      this.#host.log('error', { err: error }, 'sockroute: the broker could not be started again')
    }
  }

  #connect(): void {
    if (this.#broker === undefined || !this.#isOpen || this.#relay?.isClosed === false) return
    this.#relay = new RemoteTopics(this.#broker, this, this.#host).relay
  }

  #remove(topic: string, subscriber: Subscriber): void {
    if (this.table.delete(topic, subscriber)) this.#relay?.release(topic)
    if (UNSUBSCRIBED.hasSubscribers) UNSUBSCRIBED.publish({ topic, connection: subscriber.connection })
  }

  #checkRoom(subscriber: Subscriber, { length }: string): void {
    const { subscriptions, topicCharacters, settings } = subscriber
    const { maxTopics } = settings
    const isFull = countOf(subscriptions) >= maxTopics
    if (!isFull && topicCharacters + length <= MAX_TOPIC_BYTES + CHARACTERS_PER_TOPIC * maxTopics) return
    this.#host.onLimit('maxTopics', subscriber)
    const has = isFull ? `${maxTopics} topics` : `topics of ${topicCharacters} characters`
    throw new RangeError(`this socket is subscribed to ${has}, and maxTopics allows no more`)
  }

  /** Framed once, for all who get it. */
  #message(topic: unknown, data: unknown, { except, binary, compress }: PublishOptions): PreparedMessage {
    checkTopic(topic, 'publish')
    if (except !== undefined && !(except instanceof Connection)) {
      throw new TypeError('publish(topic, data, { except }): except is a socket of a route')
    }
    const message = data instanceof PreparedMessage ? data : frameOnce(data, binary, compress)
    this.counts.published++
    return message
  }

  #deliver(topic: string, message: PreparedMessage, except?: Connection<unknown>): number {
    let delivered = 0
    const slow: Subscriber[] = []
    this.table.visit(topic, (subscriber) => {
      if (except !== undefined && subscriber.connection === except) return
      if (subscriber.deliver(message)) delivered++
      else if (subscriber.isOpen) slow.push(subscriber)
    })
    // Not before all have it: what an application does here is its own affair, and no other socket's.
    for (const one of slow) this.#onSlow(one, topic)
    if (PUBLISHED.hasSubscribers) PUBLISHED.publish({ topic, byteLength: message.payloadBytes, delivered })
    return delivered
  }

  #onSlow(subscriber: Subscriber, topic: string): void {
    const { slowSubscriber, onDropped } = subscriber.settings
    this.counts.dropped++
    this.#host.onLimit('slowSubscriber', subscriber)
    if (slowSubscriber === 'close') subscriber.closeAsSlow()
    if (onDropped !== undefined) subscriber.call(onDropped, [subscriber.connection, topic])
  }
}

function frameOnce(data: unknown, binary: boolean | undefined, compress = true): PreparedMessage {
  const payload = toPayload(data, 'publish')
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return new PreparedMessage(messageOpcode(payload, binary), bytes, compress)
}
