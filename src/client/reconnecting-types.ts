/** What `reconnecting` needs of a WebSocket class: browsers', ours and `ws`'s all have it. */
export interface SocketLike {
  readonly readyState: number
  readonly protocol: string
  binaryType: string
  send(data: never): unknown
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void
}

/** All that any of their events has. */
export interface SocketEvent extends Partial<Ending> {
  readonly type: string
  readonly data?: unknown
}

export type SocketClass = new (url: string | URL, protocols?: string | string[], options?: never) => SocketLike

/** Text, or bytes in a form that the class takes. */
export type SocketData = string | ArrayBufferLike | ArrayBufferView | Blob

/** How a connection ended, or an attempt: 1006 for one that failed. */
export interface Ending {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

export interface ReconnectingEvents {
  /** There is a connection. What 'open' sends goes out before what has waited. */
  open: Event
  message: Event & { readonly data: unknown }
  /** A connection has ended. */
  close: Event & Ending
  /** The next attempt begins in `delayMs`; it is number `attempt` since a connection was stable. */
  reconnecting: Event & Ending & { readonly delayMs: number; readonly attempt: number }
  /** There will be no further attempt: the code was final, or `maxAttempts` have failed. */
  'give-up': Event & Ending
  /** A message that was sent while there was no connection is lost; with what the class threw for it, if it did. */
  dropped: Event & { readonly data: SocketData; readonly error?: unknown }
}

export type ReconnectingEventName = keyof ReconnectingEvents

/** Time, passed in. */
export interface Timers {
  setTimeout(task: () => void, ms: number): { cancel(): void }
}

/** These keep a process alive: who waits for a connection wants it. */
export const systemTimers: Timers = {
  setTimeout(task, ms) {
    const timer = setTimeout(task, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}
