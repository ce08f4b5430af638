/** What a reader of client frames makes of a stream, in words that all of them share. */
export interface Reading {
  /** Messages and control frames, as `event` writes them. */
  readonly events: readonly string[]
  /** Why it gave up: the close code; undefined where it did not. */
  readonly closeCode: number | undefined
}

/** The limits that all readers are given: so small that streams reach them. */
export const MAX_MESSAGE_BYTES = 4_000
export const MAX_FRAGMENTS = 12

export function isSame(a: Reading, b: Reading): boolean {
  return a.closeCode === b.closeCode && a.events.length === b.events.length && startsWith(a.events, b.events)
}

/** Whether `events` begins with all of `beginning`. */
export function startsWith(events: readonly string[], beginning: readonly string[]): boolean {
  return beginning.every((event, at) => event === events[at])
}
