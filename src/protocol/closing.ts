/**
 * - `open`: neither side has said anything about closing.
 * - `close-sent`: we have; the peer's close frame is awaited.
 * - `ending-awaited`: both have, and the server is to end the transport first. A client's state. RFC 6455 §7.1.1
 * - `ending`: we send nothing more, and our FIN follows what is queued; the peer's is awaited.
 * - `closed`: the transport is gone.
 */
export type ClosingState = 'open' | 'close-sent' | 'ending-awaited' | 'ending' | 'closed'

export type ClosingEvent =
  /** By the application, or by shutdown. */
  | 'close-requested'
  | 'close-received'
  /** It broke the protocol: a `ProtocolError`. */
  | 'peer-failed'
  /** The peer's FIN. */
  | 'transport-ended'
  | 'transport-closed'
  /** What `start-timeout` started has run out. */
  | 'timed-out'
  /** By the application, or by a limit that leaves no time for a handshake. */
  | 'terminated'

export type ClosingAction =
  | 'send-close'
  /** A close frame with the code that was received. RFC 6455 §5.5.1 */
  | 'echo-close'
  /** Everything queued, then FIN. What still arrives is read and thrown away: unread, it would turn FIN into RST. */
  | 'end-transport'
  /** What still arrives is thrown away, up to the peer's FIN. */
  | 'await-end'
  | 'destroy-transport'
  /** `closeTimeoutMs` from now, in place of one that is running. */
  | 'start-timeout'

export interface ClosingStep {
  readonly state: ClosingState
  readonly actions: readonly ClosingAction[]
}

/** A step of a table. */
export const to = (state: ClosingState, ...actions: ClosingAction[]): ClosingStep => ({ state, actions })

/** By the state and the event; what it does not name changes nothing. */
export type ClosingTable = Record<ClosingState, Partial<Record<ClosingEvent, ClosingStep>>>

/** The server's side. */
export const SERVER_STEPS: ClosingTable = {
  open: {
    'close-requested': to('close-sent', 'send-close', 'start-timeout'), // §7.1.2
    'close-received': to('ending', 'echo-close', 'end-transport', 'start-timeout'), // the server ends first, §7.1.1
    'peer-failed': to('ending', 'send-close', 'end-transport', 'start-timeout'), // no answer is awaited, §7.1.7
    'transport-ended': to('ending', 'end-transport', 'start-timeout'), // it may still read what we have queued
    'transport-closed': to('closed'),
    terminated: to('closed', 'destroy-transport'),
  },
  'close-sent': {
    'close-received': to('ending', 'end-transport', 'start-timeout'), // §7.1.1
    'peer-failed': to('ending', 'end-transport', 'start-timeout'), // nothing may follow our close frame, §5.5.1
    'transport-ended': to('ending', 'end-transport'), // no answer can come, and no more time is due
    'transport-closed': to('closed'),
    'timed-out': to('closed', 'destroy-transport'),
    terminated: to('closed', 'destroy-transport'),
  },
  'ending-awaited': {},
  ending: {
    'transport-closed': to('closed'),
    'timed-out': to('closed', 'destroy-transport'),
    terminated: to('closed', 'destroy-transport'),
  },
  closed: {},
}

/** What the table does not name changes nothing. */
const STAYS: Record<ClosingState, ClosingStep> = {
  open: to('open'),
  'close-sent': to('close-sent'),
  'ending-awaited': to('ending-awaited'),
  ending: to('ending'),
  closed: to('closed'),
}

/** The closing handshake, one event further. Every step is a constant of the table. RFC 6455 §7 */
export function step(state: ClosingState, event: ClosingEvent, table: ClosingTable = SERVER_STEPS): ClosingStep {
  return table[state][event] ?? STAYS[state]
}
