import type { IncomingMessage } from 'node:http'
import type { Clock } from './clock.ts'
import type { Connection } from './connection.ts'
import type { ConnectionOptions, Limit, TopicOptions } from './connection-options.ts'
import type { Broker } from './topics/broker.ts'

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
