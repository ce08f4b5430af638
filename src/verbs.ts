import type { Connections, Hub } from './hub.ts'
import type { LimitsHit } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { DrainOptions } from './options.ts'
import type { MessageData } from './payload.ts'
import type { PreparedMessage } from './prepared.ts'
import type { Published, PublishOptions, Topics } from './topics/topics.ts'

/** What an app can do with all of its WebSockets; `app.ws` has them. */
export interface AppVerbs {
  /** The open connections of this app; those of an app that is mounted on another belong to the other. */
  readonly connections: Connections
  /** How often each limit was reached since the app began, by the names of the options. */
  readonly limitsHit: LimitsHit
  /** Counters and times of the app and of each of its routes, and what is now. It looks at every open connection: for each scrape, not for each message. */
  metrics(): Metrics
  /** What this app's sockets are subscribed to. */
  readonly topics: Topics
  /**
   * Sends a message to every socket that is subscribed to `topic`. Returns for how many of this process it was queued.
   * @throws TypeError for what is no topic, or cannot be sent; RangeError for a topic of more than 64 KiB
   */
  publish(topic: string, data: MessageData | PreparedMessage, options?: PublishOptions): number
  /**
   * The same, and fulfils when the broker has taken it; without one at once. Rejects with a `BrokerError` when it has not: nothing
   * is kept for later. Rejects for what `publish` throws, too.
   */
  publishConfirmed(topic: string, data: MessageData | PreparedMessage, options?: PublishOptions): Promise<Published>
  /**
   * Ends all connections and takes no more: new upgrades get 503. Clients are told 1001, many of them spread over
   * `spreadMs`; what is open after `deadlineMs` is terminated. Fulfils when the last is gone and its handler has settled.
   * The HTTP server goes on: to end that, too, `server.close()` is enough, and does this first.
   */
  close(options?: DrainOptions): Promise<void>
}

/** Gives them to `target`. Not by `Object.assign`, which would read what is to be read each time. */
export function withVerbs<Target extends object>(target: Target, hub: Hub): Target & AppVerbs {
  const verbs: PropertyDescriptorMap = {
    connections: { value: hub.connections, enumerable: true },
    limitsHit: { get: () => hub.limitsHit, enumerable: true },
    metrics: { value: () => hub.metrics(), enumerable: true },
    topics: { value: hub.topics.view, enumerable: true },
    publish: { value: hub.topics.publish.bind(hub.topics), enumerable: true },
    publishConfirmed: { value: hub.topics.publishConfirmed.bind(hub.topics), enumerable: true },
    close: { value: (options?: DrainOptions) => hub.close(options), enumerable: true },
  }
  return Object.defineProperties(target, verbs) as Target & AppVerbs // which are those
}

/** @throws TypeError if `handler` is none */
export function checkHandler(handler: unknown, where: string): void {
  if (typeof handler === 'function') return
  throw new TypeError(
    `sockroute: ${where} takes a function as its handler, such as (socket, request) => { ... }; got ${typeof handler}`,
  )
}
