import type { Connection } from '../connection.ts'
import type { PrepareOptions } from '../prepared.ts'
import type { ListenOptions, TopicListener } from './listener.ts'
import { countOf, eachOf, hasMember, type Members } from './members.ts'

export interface PublishOptions extends PrepareOptions {
  /** A socket that does not get it. */
  readonly except?: Connection<unknown>
  /** True for the sockets of this process only. @defaultValue false */
  readonly local?: boolean
}

/** What became of a message that was published and confirmed. */
export interface Published {
  /** The sockets of this process that it was queued for. */
  readonly local: number
  /** The processes that it went to besides, where the broker tells. */
  readonly receivers?: number
}

/** Counted since the app began. */
export interface TopicCounts {
  /** Messages published here. */
  readonly published: number
  /** Of those, the ones that the broker has taken. */
  readonly relayed: number
  /** Of those, the ones that it has not: it was down, or they were too large or too many. */
  readonly rejected: number
  /** Messages from other processes. */
  readonly received: number
  /** Deliveries that a slow socket did not get. */
  readonly dropped: number
  /** Messages of other processes were lost, so many times. */
  readonly gaps: number
}

/** Messages of other processes may be missing: the broker could not be reached, or the messages' numbers say so. */
export interface TopicGap {
  readonly topics: readonly string[]
  /** What was published between these may be missing: milliseconds since 1970, by this machine's clock. */
  readonly from: number
  readonly to: number
}

/** What is published here reaches this process alone, and nothing comes from others. */
export interface Degraded {
  /** The driver has lost the broker, or nothing comes back from it. */
  readonly reason: 'disconnect' | 'probe'
  readonly error: Error
}

/** Messages go to other processes and come from them again. */
export interface Restored extends Pick<TopicGap, 'from' | 'to'> {
  readonly reason: Degraded['reason']
}

/** What `app.ws.topics` tells. */
export interface TopicEvents {
  degraded: [event: Degraded]
  restored: [event: Restored]
}

/** `'local'` without a broker; with one whether it carries, from the first moment on, in which it is not known. */
export type TopicState = 'local' | 'connecting' | 'up' | 'degraded'

/** Of a listener of the process's own. */
export interface TopicSubscription {
  /** As of `socket.subscribe`: fulfils with whether everybody's messages from then on arrive. */
  readonly ready: Promise<boolean>
  unsubscribe(): void
}

/** The topics of one app: `app.ws.topics`. Those with a subscriber in this process, that is. */
export interface Topics extends Iterable<string> {
  /** How many there are. */
  readonly size: number
  /** How many are subscribed to `topic` in this process: sockets, and listeners. */
  count(topic: string): number
  readonly state: TopicState
  readonly counts: TopicCounts
  /**
   * Calls `listener` for each message on `topic`, from whichever process: to keep a cache, or to log somebody out everywhere. Listeners
   * are subscribers, and counted as such. What they throw is logged.
   * @throws TypeError for what is no topic or no function; RangeError for a topic of more than 64 KiB
   */
  subscribe(topic: string, listener: TopicListener, options?: ListenOptions): TopicSubscription
  on<E extends keyof TopicEvents>(event: E, listener: (...args: TopicEvents[E]) => unknown): this
  once<E extends keyof TopicEvents>(event: E, listener: (...args: TopicEvents[E]) => unknown): this
  off<E extends keyof TopicEvents>(event: E, listener: (...args: TopicEvents[E]) => unknown): this
}

/** The topics that one socket is subscribed to, at any time. */
export class SocketTopics implements Iterable<string> {
  readonly #subscriber: { readonly subscriptions: Members<string> }

  constructor(subscriber: { readonly subscriptions: Members<string> }) {
    this.#subscriber = subscriber
  }

  get size(): number {
    return countOf(this.#subscriber.subscriptions)
  }

  has(topic: string): boolean {
    return hasMember(this.#subscriber.subscriptions, topic)
  }

  [Symbol.iterator](): Iterator<string> {
    return eachOf(this.#subscriber.subscriptions)[Symbol.iterator]()
  }
}
