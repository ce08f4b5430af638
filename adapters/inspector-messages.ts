/** What the inspector's page and its server say to each other: JSON, one message each. Types only, for both sides. */

import type { Frames } from './inspector-frame-messages.ts'

export type { Frame, FrameMessage, Frames } from './inspector-frame-messages.ts'

/** What the page asks for. */
export type Command =
  /** Which connections are wanted, and in which order. */
  | ({ readonly type: 'look' } & Query)
  /** The one whose frames are wanted; null for none. */
  | { readonly type: 'pick'; readonly id: number | null }
  /** Nothing is wanted until it says otherwise. */
  | { readonly type: 'pause'; readonly isPaused: boolean }

export interface Query {
  /** Words, each of which is somewhere in route, path, address or subprotocol; `#12` is a number, `topic:NAME` who is subscribed to it. */
  readonly text: string
  /** Null for all. */
  readonly route: string | null
  readonly sort: SortKey
  readonly isDescending: boolean
}

export type SortKey =
  | 'id'
  | 'rttMs'
  | 'receivedPerSecond'
  | 'sentPerSecond'
  | 'bytesPerSecond'
  | 'backlogBytes'
  | 'topicCount'

/** What the server tells. */
export type Told = Hello | Tick | About | Frames

export interface Hello {
  readonly type: 'hello'
  readonly showPayloads: boolean
  /** Of the page's own connection. */
  readonly ownId: number
  /** Whose numbers these are: of a server that has begun anew, they are other connections'. */
  readonly numbering: string
  readonly process: { readonly pid: number; readonly host: string; readonly node: string }
  /** What the seconds before have shown, if another page was open. */
  readonly history: readonly Totals[]
}

/** Once a second. */
export interface Tick {
  readonly type: 'tick'
  readonly totals: Totals
  readonly routes: readonly RouteRow[]
  /** How many the query has found; `rows` has the first of them. */
  readonly found: number
  readonly rows: readonly Row[]
  readonly pickedId: number | null
  /** Null where none is picked, or it has ended. */
  readonly picked: Picked | null
  readonly happenings: readonly Happening[]
  /** Too many for this second. */
  readonly missedHappenings: number
  /** Seconds that this page was not told of, for it took too long to read the others. */
  readonly skippedTicks: number
}

/** Of the app, in one second. */
export interface Totals {
  /** Milliseconds since 1970, by the server. */
  readonly at: number
  readonly connections: number
  readonly receivedPerSecond: number
  readonly sentPerSecond: number
  readonly bytesReceivedPerSecond: number
  readonly bytesSentPerSecond: number
  readonly opened: number
  readonly closed: number
  readonly refused: number
  readonly backlogBytes: number
  /** Of the connections' last round trips; null before the first. */
  readonly rttMedianMs: number | null
  readonly rttP95Ms: number | null
  /** The longest time that the event loop was late by. */
  readonly loopDelayMs: number
  readonly rssBytes: number
  readonly topics: number
  readonly topicState: string
}

export interface RouteRow {
  readonly route: string
  readonly connections: number
}

/** An open connection. */
export interface Row {
  readonly id: number
  readonly route: string
  /** '' where it was not kept. */
  readonly path: string
  readonly address: string
  readonly protocol: string
  readonly extensions: string
  /** 1 open, 2 closing. */
  readonly readyState: number
  readonly ageMs: number
  readonly rttMs: number | null
  readonly messagesReceived: number
  readonly messagesSent: number
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly receivedPerSecond: number
  readonly sentPerSecond: number
  /** Both ways. */
  readonly bytesPerSecond: number
  readonly backlogBytes: number
  readonly highestBacklogBytes: number
  readonly topicCount: number
  /** Itself a page of the inspector: its frames are not shown. */
  readonly isInspector: boolean
}

/** The one whose frames are shown. */
export interface Picked extends Row {
  /** The first of them. */
  readonly topics: readonly string[]
}

/** The answer to 'pick'. */
export interface About {
  readonly type: 'about'
  readonly id: number
  /** Null where it has ended before. */
  readonly picked: Picked | null
  /** Null where it was not kept. */
  readonly handshake: HandshakeHeads | null
}

/** Values that may be secret are '[redacted]'. */
export interface HandshakeHeads {
  readonly requestLine: string
  readonly responseLine: string
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly handshakeMs: number
}

/** What an engineer wants to know of though nobody has looked at that moment. */
export type Happening = { readonly at: number; readonly route: string; readonly id: number | null } & (
  | {
      readonly type: 'closed'
      readonly code: number
      readonly sentCode: number | null
      /** The peer's words; '' without `showPayloads`. */
      readonly reason: string
      readonly closedBy: string
      readonly cause: string | null
      readonly durationMs: number
      /** What has happened, and what to do about it. */
      readonly sentence: string
      readonly advice: string
    }
  | {
      readonly type: 'refused'
      readonly status: number | null
      readonly reason: string
      readonly url: string
      readonly address: string
      readonly sentence: string
      readonly advice: string
    }
  | { readonly type: 'limit'; readonly limit: string }
  /** Without `showPayloads` the error's name alone. */
  | { readonly type: 'error'; readonly message: string }
)
