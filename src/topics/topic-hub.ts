import { Connection } from '../connection.ts'
import type { LimitName } from '../limits.ts'
import type { TopicSettings } from '../options.ts'
import { type MessageData, messageOpcode, toPayload } from '../payload.ts'
import { PreparedMessage } from '../prepared.ts'
import { countOf, eachOf, hasMember, type Members, withMember, withoutMember } from './members.ts'
import { checkTopic } from './topic-name.ts'
import { TopicTable } from './topic-table.ts'
import type { Published, PublishOptions, TopicCounts, TopicState, Topics } from './topics.ts'

/** A socket, as topics see it. Implemented by `Wire`. */
export interface Subscriber {
  readonly connection: Connection
  readonly settings: TopicSettings
  readonly isOpen: boolean
  /** What it is subscribed to. */
  subscriptions: Members<string>
  /** Returns false, and takes nothing, while more than `maxBufferedBytes` are unsent. */
  deliver(message: PreparedMessage): boolean
  /** It does not take what is published as fast as it comes. */
  closeAsSlow(): void
  /** Calls the application's code; what that throws goes where handlers' errors go. */
  call(listener: (...args: never[]) => unknown, args: unknown[]): unknown
}

/** The app around the topics. */
export interface TopicHost {
  onLimit(name: LimitName): void
}

const YES = Promise.resolve(true)
const NO = Promise.resolve(false)
const NO_OPTIONS: PublishOptions = {}

/** Who is subscribed to what in this process, and what is published. */
export class TopicHub {
  readonly #host: TopicHost
  readonly #table = new TopicTable<Subscriber>()
  readonly #counts = { published: 0, relayed: 0, rejected: 0, received: 0, dropped: 0, gaps: 0 }

  constructor(host: TopicHost) {
    this.#host = host
  }

  /** As users see them. */
  view(): Topics {
    const [table, counts] = [this.#table, this.#counts]
    return {
      get size() {
        return table.size
      },
      count: (topic) => table.count(topic),
      [Symbol.iterator]: () => table.names()[Symbol.iterator](),
      get state(): TopicState {
        return 'local'
      },
      get counts(): TopicCounts {
        return { ...counts }
      },
    }
  }

  /**
   * Fulfils with true when whatever anybody publishes from then on arrives.
   * @throws TypeError for what is no topic; RangeError for one that is too long, or one too many
   */
  subscribe(subscriber: Subscriber, topic: unknown): Promise<boolean> {
    checkTopic(topic, 'subscribe')
    if (!subscriber.isOpen) return NO
    if (hasMember(subscriber.subscriptions, topic)) return YES
    this.#checkCount(subscriber)
    subscriber.subscriptions = withMember(subscriber.subscriptions, topic)
    this.#table.add(topic, subscriber)
    return YES
  }

  /** @throws as `subscribe` */
  unsubscribe(subscriber: Subscriber, topic: unknown): void {
    checkTopic(topic, 'unsubscribe')
    if (!hasMember(subscriber.subscriptions, topic)) return
    subscriber.subscriptions = withoutMember(subscriber.subscriptions, topic)
    this.#table.delete(topic, subscriber)
  }

  /** Its end has begun: it gets nothing more. What it was subscribed to it can still be asked. */
  leave(subscriber: Subscriber): void {
    for (const topic of eachOf(subscriber.subscriptions)) this.#table.delete(topic, subscriber)
  }

  /**
   * Returns for how many sockets of this process it was queued.
   * @throws TypeError for what is no topic, or cannot be sent; RangeError for a topic that is too long
   */
  publish(topic: string, data: MessageData | PreparedMessage, options: PublishOptions = NO_OPTIONS): number {
    return this.#deliver(topic, this.#message(topic, data, options), options.except)
  }

  /** The same, and fulfils when it has gone everywhere it is to go. Rejects for what `publish` throws. */
  async publishConfirmed(
    topic: string,
    data: MessageData | PreparedMessage,
    options: PublishOptions = NO_OPTIONS,
  ): Promise<Published> {
    return { local: this.#deliver(topic, this.#message(topic, data, options), options.except) }
  }

  #checkCount({ subscriptions, settings }: Subscriber): void {
    if (countOf(subscriptions) < settings.maxTopics) return
    this.#host.onLimit('maxTopics')
    throw new RangeError(`this socket is subscribed to ${settings.maxTopics} topics, and maxTopics allows no more`)
  }

  /** Framed once, for all who get it. */
  #message(topic: unknown, data: unknown, { except, binary, compress }: PublishOptions): PreparedMessage {
    checkTopic(topic, 'publish')
    if (except !== undefined && !(except instanceof Connection)) {
      throw new TypeError('publish(topic, data, { except }): except is a socket of a route')
    }
    const message = data instanceof PreparedMessage ? data : frameOnce(data, binary, compress)
    this.#counts.published++
    return message
  }

  #deliver(topic: string, message: PreparedMessage, except?: Connection<unknown>): number {
    let delivered = 0
    const slow: Subscriber[] = []
    this.#table.visit(topic, (subscriber) => {
      if (subscriber.connection === except) return
      if (subscriber.deliver(message)) delivered++
      else if (subscriber.isOpen) slow.push(subscriber)
    })
    // Not before all have it: what an application does here is its own affair, and no other socket's.
    for (const one of slow) this.#onSlow(one, topic)
    return delivered
  }

  #onSlow(subscriber: Subscriber, topic: string): void {
    const { slowSubscriber, onDropped } = subscriber.settings
    this.#counts.dropped++
    this.#host.onLimit('slowSubscriber')
    if (slowSubscriber === 'close') subscriber.closeAsSlow()
    if (onDropped !== undefined) subscriber.call(onDropped, [subscriber.connection, topic])
  }
}

function frameOnce(data: unknown, binary: boolean | undefined, compress = true): PreparedMessage {
  const payload = toPayload(data, 'publish')
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return new PreparedMessage(messageOpcode(payload, binary), bytes, compress)
}
