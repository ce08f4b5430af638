import type { Budget } from './budget.ts'
import type { Connection } from './connection.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { LimitName } from './limits.ts'
import type { TopicHub } from './topics/topic-hub.ts'
import type { Wire } from './wire.ts'

/** Who has reached a limit: a connection, or one that listens for the process itself. */
export interface Limited {
  readonly connection: Connection | undefined
  readonly route: string
}

/** The app around a connection. */
export interface WireHost {
  readonly heartbeat: Heartbeat<Wire>
  readonly budget: Budget
  readonly topics: Pick<TopicHub, 'subscribe' | 'unsubscribe' | 'publish' | 'leave'>
  /** Something that a handler or listener threw, or rejected with. */
  onHandlerError(error: unknown, connection: Connection): void
  /** The same, told before anything is done about it. */
  onHandlerFailed(wire: Wire, error: unknown): void
  /** The transport is gone. */
  onClosed(wire: Wire): void
  /** 'close' has been emitted, and no code of the application's is at work any more. */
  onSettled(wire: Wire): void
  /** The heartbeat's ping was answered. */
  onRoundTrip(wire: Wire, rttMs: number): void
  /** Whether the connection may stay. @throws TypeError where its route does not say */
  reauthenticate(wire: Wire): Promise<boolean>
  /** A limit was reached, by a connection if there is one. */
  onLimit(name: LimitName, at?: Limited): void
  /** So many messages of a peer that has gone were dropped: their handler took too long, or never listened. */
  onLost(messages: number): void
}
