import type { ClosedBy, RefusalReason } from './diagnostics-events.ts'
import type { LimitName } from './limits.ts'

/** How long something took, by how often. Times are milliseconds. */
export interface TimesTaken {
  /** The upper bounds of the buckets, each included in its own; behind the last is one without a bound. */
  readonly boundsMs: readonly number[]
  /** How many fell into each bucket: one more than there are bounds. Not cumulative. */
  readonly counts: readonly number[]
  readonly count: number
  readonly sumMs: number
}

/** Counts by name; a name that is not there stands for 0. */
export type Tally<Name extends string> = { readonly [One in Name]?: number }

/** What was counted for one route, or for all together. Counters only grow, from the app's beginning on. */
export interface RouteMetrics {
  /** Connections, now. */
  readonly open: number
  readonly opened: number
  /** Handshakes that became no connection, by the reason. */
  readonly refused: Tally<RefusalReason>
  /**
   * Ended connections, by the code that the peer sent; 1005 for none, 1006 where there was no closing handshake. Peers choose codes:
   * behind the first 32 of a route they are counted as 'other'.
   */
  readonly closed: Readonly<Record<string, number>>
  /** The same connections, by who began the end. */
  readonly closedBy: Tally<ClosedBy>
  readonly messagesReceived: number
  readonly messagesSent: number
  /** Bytes of the transport after the handshake, frames' headers included. */
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Bytes that are unsent, now. */
  readonly backlogBytes: number
  /** What handlers and listeners threw, or their promises rejected with. */
  readonly handlerErrors: number
  /** How often connections reached each limit. Those of the app and of its handshakes are in `app.ws.limitsHit`. */
  readonly limitsHit: Tally<LimitName>
  /** From the complete headers to the 101, hooks included. */
  readonly handshakeTimes: TimesTaken
  /** Round trips that the heartbeat has measured. */
  readonly roundTrips: TimesTaken
}

/** `app.ws.metrics()`: plain data, a copy of its own. */
export interface Metrics extends RouteMetrics {
  /** Upgrade requests that are being decided, now. */
  readonly handshakes: number
  /**
   * By the route as the framework writes it; '' for what met no route, such as a 404, or has no name. Behind the first 500 they
   * are counted as 'other'.
   */
  readonly routes: Readonly<Record<string, RouteMetrics>>
}
