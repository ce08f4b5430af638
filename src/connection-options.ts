import type { Connection } from './connection.ts'
import type { TopicGap } from './topics/topics.ts'

/** A number with its unit in the option's name, or `'unlimited'` where the docs of the option say so. */
export type Limit = number | 'unlimited'

/** What one connection may cost. Sizes are bytes and times are milliseconds, and the names say so. */
export interface ConnectionOptions {
  /**
   * Largest message accepted, counted across fragments.
   * A larger one closes the connection with 1009, from its header alone. RFC 6455 §10.4
   * @defaultValue 1_048_576 (1 MiB)
   */
  readonly maxMessageBytes?: Limit
  /**
   * Most fragments in one message; empty ones count. One more closes the connection with 1008.
   * @defaultValue 16_384
   */
  readonly maxFragments?: Limit
  /**
   * A message that was begun must bring 1 KiB more of itself, or end, in each stretch of this length; else the
   * connection is closed with 1008. Time during which we do not read does not count.
   * @defaultValue 30_000
   */
  readonly messageTimeoutMs?: Limit
  /**
   * How long the peer has to answer our close frame and to end its side; it begins as `pongTimeoutMs` does. Then the
   * transport is destroyed.
   * RFC 6455 §7.1.1
   * @defaultValue 10_000
   */
  readonly closeTimeoutMs?: number
  /**
   * A ping goes out after this much silence, less a random tenth so that pings do not come in bursts.
   * `'unlimited'` turns the heartbeat off. RFC 6455 §5.5.2
   * @defaultValue 25_000
   */
  readonly pingIntervalMs?: Limit
  /**
   * After a ping, any byte from the peer within this time is life. Else the connection is terminated (1006). It begins when
   * a link of half a megabit a second would have brought what was sent before, at most `sendTimeoutMs` later.
   * @defaultValue 20_000
   */
  readonly pongTimeoutMs?: number
  /**
   * High-water mark of unsent bytes; a callback that waits counts as 240. Above it `send` returns false, messages wait,
   * and we stop reading from that peer until the bytes are out.
   * @defaultValue 1_048_576 (1 MiB)
   */
  readonly maxBufferedBytes?: number
  /**
   * Hard limit of unsent bytes: a send that finds more than this waiting terminates the connection. The message
   * itself does not count, so that one message of any size can go out.
   * @defaultValue 16_777_216 (16 MiB)
   */
  readonly maxUnsentBytes?: Limit
  /**
   * Unsent bytes must make progress within this time, else the connection is terminated. Progress is seen in steps: on
   * Linux not before a third of the socket's send buffer is free, of up to 4 MiB, so a peer has to read about 12 KB a second.
   * @defaultValue 120_000
   */
  readonly sendTimeoutMs?: Limit
  /**
   * The connection is closed with 1001 at this age, less a random tenth so that many do not come back at once: whoever
   * reconnects is authenticated anew.
   * @defaultValue 'unlimited'
   */
  readonly maxLifetimeMs?: Limit
  /**
   * How fast messages may come from one peer. What is faster waits, or ends the connection.
   * @defaultValue undefined (any)
   */
  readonly messageRate?: MessageRate
  /**
   * When a 'message' listener is called. `'in-turn'`: when the promise of its last call has settled; whoever is faster is
   * slowed down, and what nobody listens to waits. `'at-once'`, as `ws` does: when the message is there, for handlers whose
   * promise lasts as long as a subscription; what nobody listens to is dropped when 64 KiB of it wait and the handler has
   * returned.
   * @defaultValue 'in-turn'
   */
  readonly delivery?: 'in-turn' | 'at-once'
}

/** What topics mean for the sockets of a route. */
export interface TopicOptions {
  /**
   * Most topics that one socket is subscribed to, since what they are called often comes from the peer. One more throws a
   * RangeError. So do topics that are longer than 256 characters on average, after the first 64 KiB.
   * @defaultValue 10_000
   */
  readonly maxTopics?: Limit
  /**
   * What becomes of a socket that takes messages more slowly than they are published: while more than `maxBufferedBytes` are
   * unsent, and until half of that is out, it gets no published message. `'drop'`: that is all. `'close'`: it is closed with 1013.
   * @defaultValue 'drop'
   */
  readonly slowSubscriber?: 'drop' | 'close'
  /** Called for each published message that a slow socket did not get. What it throws goes where handlers' errors go. */
  readonly onDropped?: (socket: Connection, topic: string) => unknown
  /**
   * Called when messages of other processes on a socket's topics were lost, or may have been: the broker was out of reach, or the
   * messages' numbers have a gap. Tell the client to fetch anew what it shows. What it throws goes where handlers' errors go.
   */
  readonly onGap?: (socket: Connection, gap: TopicGap) => unknown
}

/** A rate, of messages (pings and pongs are messages, too), of bytes, or of both. */
export interface MessageRate {
  /** On average. */
  readonly messagesPerSecond?: number
  /** On average, headers included. */
  readonly bytesPerSecond?: number
  /** What comes in so many seconds may also come at once. @defaultValue 1 */
  readonly burstSeconds?: number
  /**
   * `'pause'`: we do not read until there is room again, and TCP slows the peer down. `'close'`: the connection is closed
   * with 1008.
   * @defaultValue 'pause'
   */
  readonly atLimit?: 'pause' | 'close'
}
