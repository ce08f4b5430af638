/** What a worker and the primary tell each other, beside whatever the app tells over the same channel. */

import type { Parcel } from './cluster-parcel.ts'

/** A driver of a worker begins; a worker may have several, one after another or at once. */
interface Hello {
  readonly kind: 'hello'
  readonly session: number
  /** Arrives as bytes only where the channel carries bytes. */
  readonly probe: unknown
}

/** One turn of a driver. It is answered as a whole, in turn. */
export interface Batch {
  readonly kind: 'batch'
  readonly session: number
  readonly on: readonly string[]
  readonly off: readonly string[]
  readonly parcel: Parcel
}

interface Bye {
  readonly kind: 'bye'
  readonly session: number
}

interface Welcome {
  readonly kind: 'welcome'
  readonly session: number
  readonly probe: unknown
}

/** One turn of the primary: answers to batches, in their order, and messages. */
interface Turn {
  readonly kind: 'turn'
  readonly session: number
  /** For each batch, and in it for each message, to how many drivers it went. */
  readonly counts: readonly (readonly number[])[]
  readonly parcel: Parcel
}

/** What was for this driver has been dropped; it has to begin anew. */
interface Lost {
  readonly kind: 'lost'
  readonly session: number
  readonly reason: string
}

export type ToPrimary = Hello | Batch | Bye
export type ToWorker = Welcome | Turn | Lost

/** The one key of our messages: whatever else goes over the channel has others. */
const KEY = 'sockroute:topics'

export const PROBE: Uint8Array = Uint8Array.of(1)

export function isBytes(probe: unknown): boolean {
  return probe instanceof Uint8Array
}

export function wrap(message: ToPrimary | ToWorker): object {
  return { [KEY]: message }
}

/** Undefined for what is not ours. The other side is this library, in the same app. */
export function unwrap<M extends ToPrimary | ToWorker>(message: unknown): M | undefined {
  return typeof message === 'object' && message !== null ? (message as Record<string, M | undefined>)[KEY] : undefined
}
