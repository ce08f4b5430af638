import type { Clock } from './clock.ts'

/** Of what happens with each message, a line so often is enough. */
const QUIET_MS = 60_000

/** Writes at most one line a minute of each kind, with how many it stands for. */
export class RareLog {
  readonly #clock: Clock
  readonly #write: (details: object, message: string) => void
  /** By message. */
  readonly #kinds = new Map<string, { until: number; times: number }>()

  constructor(clock: Clock, write: (details: object, message: string) => void) {
    this.#clock = clock
    this.#write = write
  }

  warn(details: object, message: string): void {
    const now = this.#clock.now()
    const kind = this.#kinds.get(message) ?? { until: now, times: 0 }
    this.#kinds.set(message, kind)
    kind.times++
    if (now < kind.until) return
    this.#write({ ...details, times: kind.times }, message)
    kind.until = now + QUIET_MS
    kind.times = 0
  }
}
