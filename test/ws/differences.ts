/** Where a program sees another behaviour than with `ws`. `docs/ws.md` says the same to people, in the same order. */

export interface Difference {
  readonly scenario: string
  /** Lines that only they log, and lines that only we log. */
  readonly theirs: readonly string[]
  readonly ours: readonly string[]
}

export const DIFFERENCES: readonly Difference[] = []
