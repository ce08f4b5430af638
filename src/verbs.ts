import type { Connections, Hub } from './hub.ts'
import type { LimitsHit } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { DrainOptions } from './options.ts'
import type { MessageData } from './payload.ts'
import type { PreparedMessage } from './prepared.ts'
import type { Published, PublishOptions, Topics } from './topics/topics.ts'
import type { Which } from './which.ts'

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
  close(): Promise<void>
  close(options: DrainOptions): Promise<void>
  /**
   * Closes the sockets that are meant, and drops what their clients still send: to log somebody out. A function says so of each socket of
   * this process. Fields of `socket.data`, such as `{ userId: 42 }`, are told to the app's other processes, too. Fulfils with how many of
   * this process were closed: at once, or when the broker has taken it. Rejects with a `BrokerError` when it has not; those here are
   * closed all the same. Who is in a handshake is closed when it opens, by the `data` that its handler has set before its first `await`.
   * @param code 1000 to 1003, 1007 to 1014, or 3000 to 4999
   * @param reason at most 123 bytes of UTF-8
   * @throws TypeError or RangeError for a wrong argument, such as no code, or an object without fields: then nothing is closed
   */
  close<Data = Record<string, unknown>>(which: Which<Data>, code: number, reason?: string): Promise<number>
  /**
   * Asks `reauthenticate` for the sockets that are meant, as `close` has it, or for all of this process; a few at a time. Those of routes
   * without that option stay. Fulfils with how many of this process may not stay, or have gone meanwhile.
   * @throws TypeError for what says nothing about which are meant
   */
  reauthenticate<Data = Record<string, unknown>>(which?: Which<Data>): Promise<number>
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
    close: { value: (...args: unknown[]) => close(hub, args), enumerable: true },
    reauthenticate: { value: (...args: unknown[]) => reauthenticate(hub, args), enumerable: true },
  }
  return Object.defineProperties(target, verbs) as Target & AppVerbs // which are those
}

/** The whole app is closed where that is what was written, and not where somebody's choice of sockets has become nothing. */
export function close(hub: Hub, args: readonly unknown[]): Promise<unknown> {
  if (args.length === 0) return hub.close()
  const [which, code, reason] = args
  if (args.length > 1 || typeof which === 'function') return hub.staying.close(which, code, reason)
  if (which !== undefined) return hub.close(which as DrainOptions) // checked there
  throw new TypeError(
    'sockroute: close() closes the app, close(options) does it with options, and close(which, code) closes some sockets; got undefined',
  )
}

/** For all only where nothing was written. */
export function reauthenticate(hub: Hub, args: readonly unknown[]): Promise<number> {
  return args.length === 0 ? hub.staying.reauthenticateAll() : hub.staying.reauthenticate(args[0])
}

/** @throws TypeError if `handler` is none */
export function checkHandler(handler: unknown, where: string): void {
  if (typeof handler === 'function') return
  throw new TypeError(
    `sockroute: ${where} takes a function as its handler, such as (socket, request) => { ... }; got ${typeof handler}`,
  )
}
