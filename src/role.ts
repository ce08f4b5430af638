import type { Duplex } from 'node:stream'
import { Chunks } from './chunks.ts'
import { type ClosingEvent, type ClosingState, type ClosingStep, step } from './protocol/closing.ts'

/** Which side of a WebSocket a connection is: all in which the two differ once it is open. */
export interface Role {
  /** Frames come in masked: the peer is a client. RFC 6455 §5.1 */
  readonly hearsMasked: boolean
  /** Messages that nobody has listened for yet can be taken after the end, too: who connects may have other things to await first. */
  readonly keepsMessages: boolean
  /** What frames gather in on their way out. */
  newChunks(transport: Duplex): Chunks
  /** The closing handshake, one event further. RFC 6455 §7 */
  step(state: ClosingState, event: ClosingEvent): ClosingStep
}

export const SERVER: Role = {
  hearsMasked: true,
  keepsMessages: false,
  newChunks: (transport) => new Chunks(transport),
  step: (state, event) => step(state, event),
}
