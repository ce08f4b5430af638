import { type Clock, systemClock, type Timer } from './clock.ts'

/** Something that looks at its own deadlines when time passes. Implemented by `Wire`. */
export interface Beating {
  /** `now` is the heartbeat's own time, in milliseconds. */
  beat(now: number): void
}

/** The coarsest tick: deadlines of ten seconds and more are met within a tenth. */
const MAX_TICK_MS = 1_000
const MIN_TICK_MS = 5

/**
 * One timer for all connections of an app, running only while there are any.
 *
 * Its time stands still while the event loop is blocked: a tick never counts for more than two. What peers sent
 * meanwhile lies unread in the kernel and is read before the next tick, so nobody is blamed for our own silence; and a
 * jump of the clock ends no connection.
 */
export class Heartbeat {
  /**
   * Milliseconds of time in which peers could be heard. Moves once a tick, and between two ticks is the time of the
   * next one: what happens now is marked no earlier than it happened, so no deadline comes early.
   */
  now = MAX_TICK_MS
  #time = 0
  readonly #clock: Clock
  readonly #members = new Set<Beating>()
  #tickMs = MAX_TICK_MS
  #tickedAt = 0
  #timer: Timer | undefined = undefined

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** The clock behind the ticks, for what needs more than a tick's precision. */
  get clock(): Clock {
    return this.#clock
  }

  /** `shortestMs` is the member's shortest deadline: ticks become fine enough for it. */
  add(member: Beating, shortestMs: number): void {
    this.#members.add(member)
    const tickMs = Math.max(MIN_TICK_MS, Math.min(this.#tickMs, Math.floor(shortestMs / 10)))
    if (this.#timer !== undefined && tickMs === this.#tickMs) return
    this.#tickMs = tickMs
    this.#restart()
  }

  delete(member: Beating): void {
    this.#members.delete(member)
    if (this.#members.size === 0) this.#stop()
  }

  #restart(): void {
    this.#stop()
    this.#tickedAt = this.#clock.now()
    this.#timer = this.#clock.setInterval(() => this.#tick(), this.#tickMs)
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #tick(): void {
    const at = this.#clock.now()
    this.#time += Math.min(Math.max(0, at - this.#tickedAt), 2 * this.#tickMs)
    this.#tickedAt = at
    for (const member of this.#members) member.beat(this.#time)
    this.now = this.#time + this.#tickMs
  }
}
