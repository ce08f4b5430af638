/** What passes between a server process, its clients and the test that has started it. */

import type { TopicGap } from '../../../src/topics/topics.ts'

/** What a server process is to do: its first argument, as JSON. */
export interface ServerOrders {
  /** Of this process alone: it is the origin in all that it publishes. */
  readonly name: string
  readonly broker: 'redis' | 'nats'
  /** Where the broker is reached. */
  readonly url: string
  /** Where it listens; on a port of 0 at any. */
  readonly host: string
  readonly port: number
  /** Of each route. */
  readonly maxBufferedBytes: number
}

/** One message, as its publisher knows it. */
export interface Published {
  readonly origin: string
  readonly topic: string
  /** Rises by one with each message of a process on a topic. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** The client that asked for it, and does not get it itself. */
  readonly client: string
  readonly isRejected: boolean
  /** Until it was taken, or rejected. */
  readonly tookMs: number
}

/** What a process tells of itself when it is asked. */
export interface Figures {
  readonly state: string
  readonly rss: number
  readonly sockets: number
  /** Topics with a subscriber, and how many. */
  readonly topics: Record<string, number>
  readonly dropped: number
  /** How often the application was told of a dropped message, by topic. */
  readonly onDropped: Record<string, number>
  /** The greatest sum of unsent bytes of one socket that was seen. */
  readonly mostUnsent: number
}

/** By the channel between the processes. */
export type Told =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'published'; readonly messages: readonly Published[] }
  | { readonly kind: 'degraded'; readonly at: number; readonly reason: string }
  | { readonly kind: 'restored'; readonly at: number; readonly from: number; readonly to: number }
  | { readonly kind: 'figures'; readonly figures: Figures }

/** What a server sends to a client: these, or a message, which is text. */
export type Notice =
  | { readonly kind: 'subscribed'; readonly stay: number; readonly at: number; readonly isEverywhere: boolean }
  | { readonly kind: 'unsubscribed'; readonly topic: string }
  | { readonly kind: 'gap'; readonly gap: TopicGap }

/** What a client asks for. */
export type Wish =
  | { readonly kind: 'subscribe'; readonly topic: string; readonly stay: number }
  | { readonly kind: 'unsubscribe'; readonly topic: string }
  | { readonly kind: 'publish'; readonly topic: string; readonly bytes: number }

/** A message: who, where, which and when, and something to make it long. */
export function stamped(origin: string, topic: string, number: number, at: number, bytes: number): string {
  return `${origin} ${topic} ${number} ${at} `.padEnd(bytes, '.')
}

export function readStamp(text: string): Pick<Published, 'origin' | 'topic' | 'number' | 'at'> {
  const [origin, topic, number, at] = text.split(' ', 4)
  return { origin, topic, number: Number(number), at: Number(at) }
}
