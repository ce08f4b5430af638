import type { IncomingMessage } from 'node:http'
import { getHeapStatistics } from 'node:v8'
import { type Clock, systemClock } from './clock.ts'
import type { Connection } from './connection.ts'
import type { Broker } from './topics/broker.ts'
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

/** Which pages may connect: `'any'` page, a list of origins, or a function that decides. */
export type Origins = 'any' | readonly string[] | ((origin: string, request: IncomingMessage) => boolean)

/** The subprotocols spoken here, or a function that picks one of those offered. */
export type Protocols =
  | readonly string[]
  | ((offered: readonly string[], request: IncomingMessage) => string | undefined)

/** permessage-deflate. Sizes are bytes, and the names say so. RFC 7692 */
export interface CompressionOptions {
  /**
   * Shorter messages go out as they are.
   * @defaultValue 1_024
   */
  readonly thresholdBytes?: number
  /**
   * From 1 (fast) to 9 (small). 5 takes about three quarters of the CPU of 6, for 0 to 3 % more bytes.
   * @defaultValue 5
   */
  readonly level?: number
  /**
   * Messages refer to those before them, where the client agrees: the better ratio for many similar, small ones. Each
   * connection then has states of its own from its first message on: about 220 KB to send and 45 KB to receive, with
   * `windowBits: 10` about 95 and 18. Without it an idle connection costs nothing. RFC 7692 §7.1.1
   * @defaultValue false
   */
  readonly contextTakeover?: boolean
  /**
   * How far back messages may refer: 2 to this power bytes, 9 to 15. RFC 7692 §7.1.2
   * @defaultValue 15
   */
  readonly windowBits?: number
}

/** Every option of compression with its value. */
export type CompressionSettings = Readonly<Required<CompressionOptions>>

/** As a method has it: whoever knows more of the request than the framework's type says may write so. */
interface OfRequest<Request> {
  onError(error: unknown, socket: Connection, request: Request): void
  reauthenticate(socket: Connection, request: Request): boolean | Promise<boolean>
}

/**
 * Called for everything that a handler or listener throws, or rejects with, once the WebSocket is open.
 * `request` is the framework's own.
 */
export type OnError<Request = never> = OfRequest<Request>['onError']

/**
 * Whether a connection that is open may stay. `request` is the framework's own, which then lives as long as the connection. What it
 * throws, or rejects with, goes where handlers' errors go, and the connection is closed in any case.
 */
export type Reauthenticate<Request = never> = OfRequest<Request>['reauthenticate']

/** What a route may set; whatever it leaves out comes from the router or plugin around it, then from the app. */
export interface RouteOptions<Request = never> extends ConnectionOptions, TopicOptions {
  /**
   * Origins allowed besides the request's own: exact ones (`'https://app.example.com'`), whole labels
   * (`'https://*.example.com'`), `'null'`, or a function. `'any'` turns the check off: then every page on the web
   * can open this WebSocket with its visitor's cookies. A refusal is 403. RFC 6455 §10.2
   * @defaultValue [] (the request's own origin; loopback pages to loopback servers)
   */
  readonly origins?: Origins
  /**
   * Refuse requests that name no origin: those that come from no browser.
   * @defaultValue false
   */
  readonly requireOrigin?: boolean
  /**
   * Host names by which this server may be addressed: set it against DNS rebinding. Others get 403.
   * @defaultValue undefined (any)
   */
  readonly allowedHosts?: readonly string[]
  /**
   * Subprotocols, in order of preference, or a function that picks one. The answer is always one that was
   * offered; where none fits, the connection opens without one. RFC 6455 §4.2.2
   * @defaultValue [] (none)
   */
  readonly protocols?: Protocols
  /**
   * Compress messages, with clients that offer it: `true`, or an object of options. Text of 1 KiB takes some 30 us each way.
   * Secrets and what an attacker chooses should not be in one message: its length would tell. RFC 7692 §8
   * @defaultValue false
   */
  readonly compression?: boolean | CompressionOptions
  /**
   * Most header fields in a handshake. More are refused with 431.
   * @defaultValue 100
   */
  readonly maxHeaderFields?: Limit
  /**
   * From complete headers to the 101, middleware and hooks included. Then 504, and the socket is destroyed.
   * @defaultValue 10_000
   */
  readonly handshakeTimeoutMs?: Limit
  /**
   * What to do with what handlers throw. The default logs it and closes with 1011 and no detail.
   */
  readonly onError?: OnError<Request>
  /**
   * Asked again whether a connection that is open may stay: each `reauthenticateIntervalMs`, by `socket.reauthenticate()` and
   * `app.ws.reauthenticate()`, when orders of other processes may have been lost, and at once where some were closed, or asked for, while its
   * handshake was under way. False closes it with 3000 (unauthorized), and what the client still sends is dropped. Messages go on while it
   * is asked.
   * @defaultValue undefined (the handshake's answer holds)
   */
  readonly reauthenticate?: Reauthenticate<Request>
  /**
   * So often `reauthenticate` is asked, less a random tenth. One that has not answered by the next time closes the connection with 1013.
   * @defaultValue 'unlimited'
   */
  readonly reauthenticateIntervalMs?: Limit
  /**
   * One line of the log when a connection opens and one when it closes, or one when its handshake is refused, at the level `info`.
   * @defaultValue true for a `logger` with the method `info`, and on Fastify unless `disableRequestLogging` is set; else false
   */
  readonly logConnections?: boolean
}

/** Where what an operator should know goes: `console`, pino, and whatever has these methods. */
export interface Logger {
  /** For lines about single connections: see `logConnections`. */
  info?(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** How open connections end when the app does. */
export interface DrainOptions {
  /** Closes are spread over this time, from 100 connections on. @defaultValue 5_000 */
  readonly spreadMs?: number
  /** What is still open after this is terminated. @defaultValue 10_000 */
  readonly deadlineMs?: number
  /** 1001 (going away) or 1012 (service restart). @defaultValue 1001 */
  readonly code?: 1001 | 1012
}

/** What an app may set: everything that a route may, and what only makes sense once. */
export interface AppOptions<Request = never> extends RouteOptions<Request> {
  /**
   * Upgrades that are not ours, by path prefix or by a function: they go to the server's other 'upgrade'
   * listeners, untouched (Socket.IO, a development server, a proxy).
   * @defaultValue [] (all are ours)
   */
  readonly passUpgrades?: readonly string[] | ((request: IncomingMessage) => boolean)
  /**
   * Most handshakes under way at once. Further ones get 503 with Retry-After.
   * @defaultValue 10_000
   */
  readonly maxPendingHandshakes?: Limit
  /**
   * Most connections of this app, handshakes that are being decided included. One more gets 503 with Retry-After.
   * @defaultValue 'unlimited'
   */
  readonly maxConnections?: Limit
  /**
   * Most connections from one address, handshakes included; all of an IPv6 /64 are one. The address is the framework's own
   * `request.ip`: behind a proxy that is the proxy's, unless the framework is told to trust it. One more gets 429.
   * @defaultValue 'unlimited'
   */
  readonly maxConnectionsPerAddress?: Limit
  /**
   * Most WebSockets in one session of HTTP/2, handshakes included. One more gets 503 with Retry-After; where as many again have been
   * refused, and have not ended, it is reset.
   * @defaultValue 100
   */
  readonly maxConnectionsPerHttp2Session?: Limit
  /**
   * Take WebSockets over HTTP/2 as well, where the app's server is one of `node:http2`. Browsers are told so, and open them in the
   * session that has brought the page; without it they open connections of their own, over HTTP/1.1. RFC 8441
   * @defaultValue false
   */
  readonly http2?: boolean
  /**
   * What all connections together may hold: unfinished messages, messages that wait for their handler, and unsent bytes.
   * Over it the connection that holds most is closed with 1013, or terminated if its peer takes nothing; what stands still
   * weighs more with each second.
   * @defaultValue the smaller of 268_435_456 (256 MiB) and a quarter of V8's heap limit
   */
  readonly maxTotalBytes?: Limit
  /**
   * Read into one buffer that all connections share, in place of a fresh one for each read. This leans on the inside of
   * Node's sockets, so it is proved over a loopback connection before it is first used; where the proof fails, and over TLS,
   * sockets read as Node does.
   * @defaultValue true
   */
  readonly sharedReadBuffer?: boolean
  /**
   * The way to the other processes of the app, so that topics are theirs, too: made by a driver, and let go of by `close`.
   * @defaultValue undefined (topics are those of this process)
   */
  readonly broker?: Broker
  /** How open connections end at shutdown. */
  readonly drain?: DrainOptions
  /** @defaultValue `console`, or the framework's own logger */
  readonly logger?: Logger
  /**
   * Where the app has its time from. For tests: `new TestClock()` of `sockroute/testing` stands still until it is told to go on.
   * @defaultValue Node's timers
   */
  readonly clock?: Clock
}

/** Every option of a connection with its value. `'unlimited'` has become Infinity. */
export type ConnectionSettings = Readonly<
  Record<Exclude<keyof ConnectionOptions, 'messageRate' | 'delivery'>, number>
> & {
  readonly messageRate: MessageRate | undefined
  readonly delivery: 'in-turn' | 'at-once'
}

/** Every option of topics with its value. */
export interface TopicSettings {
  readonly maxTopics: number
  readonly slowSubscriber: 'drop' | 'close'
  readonly onDropped: TopicOptions['onDropped']
  readonly onGap: TopicOptions['onGap']
}

/** What a connection has of its route. */
export type WireSettings = ConnectionSettings & TopicSettings

/** Every option of a route with its value. */
export interface RouteSettings extends ConnectionSettings, TopicSettings {
  readonly origins: Origins
  readonly requireOrigin: boolean
  readonly allowedHosts: readonly string[] | undefined
  readonly protocols: Protocols
  readonly compression: boolean | CompressionOptions
  readonly maxHeaderFields: number
  readonly handshakeTimeoutMs: number
  readonly onError: OnError | undefined
  readonly reauthenticate: Reauthenticate | undefined
  readonly reauthenticateIntervalMs: number
  readonly logConnections: boolean | undefined
}

/** Every option of an app with its value. */
export interface AppSettings extends RouteSettings {
  readonly passUpgrades: readonly string[] | ((request: IncomingMessage) => boolean)
  readonly maxPendingHandshakes: number
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly maxConnectionsPerHttp2Session: number
  readonly http2: boolean
  readonly maxTotalBytes: number
  readonly sharedReadBuffer: boolean
  readonly broker: Broker | undefined
  readonly drain: Required<DrainOptions>
  readonly logger: Logger | undefined
  readonly clock: Clock
}

export const COMPRESSION_DEFAULTS: CompressionSettings = {
  thresholdBytes: 1_024,
  level: 5,
  contextTakeover: false,
  windowBits: 15,
}

export const DEFAULTS: AppSettings = {
  maxMessageBytes: 1_048_576,
  maxFragments: 16_384,
  messageTimeoutMs: 30_000,
  closeTimeoutMs: 10_000,
  pingIntervalMs: 25_000,
  pongTimeoutMs: 20_000,
  maxBufferedBytes: 1_048_576,
  maxUnsentBytes: 16_777_216,
  sendTimeoutMs: 120_000,
  maxLifetimeMs: Infinity,
  messageRate: undefined,
  delivery: 'in-turn',
  maxTopics: 10_000,
  slowSubscriber: 'drop',
  onDropped: undefined,
  onGap: undefined,
  origins: [],
  requireOrigin: false,
  allowedHosts: undefined,
  protocols: [],
  compression: false,
  maxHeaderFields: 100,
  handshakeTimeoutMs: 10_000,
  onError: undefined,
  reauthenticate: undefined,
  reauthenticateIntervalMs: Infinity,
  logConnections: undefined,
  passUpgrades: [],
  maxPendingHandshakes: 10_000,
  maxConnections: Infinity,
  maxConnectionsPerAddress: Infinity,
  maxConnectionsPerHttp2Session: 100,
  http2: false,
  maxTotalBytes: Math.min(268_435_456, Math.floor(getHeapStatistics().heap_size_limit / 4)),
  sharedReadBuffer: true,
  broker: undefined,
  drain: { spreadMs: 5_000, deadlineMs: 10_000, code: 1001 },
  logger: undefined,
  clock: systemClock,
}
