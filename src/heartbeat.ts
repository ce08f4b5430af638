import { type Clock, systemClock, type Timer } from './clock.ts'
import { inNoContext } from './no-context.ts'

/** Something that looks at its own deadlines when time passes. Implemented by `Wire`. */
export interface Beating {
  /** `now` is the heartbeat's own time, in milliseconds. */
  beat(now: number): void
}

/** The coarsest tick: in each there is one pass over all connections. */
const MAX_TICK_MS = 500
/** How many ticks the shortest deadline has, so that it is met within a tenth and a little. */
const TICKS_PER_DEADLINE = 20
/** A tick that comes late counts for this many. */
const MOST_AT_ONCE = 2
const MIN_TICK_MS = 5
/** So many members are looked at in one go: with more, a pass is cut into slices, since each may be due a ping. */
const SLICE = 512
/** A slice is no shorter. */
const MIN_SLICE_MS = 10

/**
 * One timer for all connections of an app, running only while there are any.
 *
 * Its time stands still while the event loop is blocked: a tick never counts for more than two. What peers sent
 * meanwhile lies unread in the kernel and is read before the next tick, so nobody is blamed for our own silence; and a
 * jump of the clock ends no connection.
 */
export class Heartbeat<Member extends Beating = Beating> {
  /**
   * Whole milliseconds (others would be an object each, for every connection) of time in which peers could be heard. It
   * moves once a tick, and between two ticks is already what the next may be: so what happens now is marked no earlier
   * than it happens, and no deadline comes early.
   */
  now = 0
  #time = 0
  readonly #clock: Clock
  readonly #members = new Set<Member>()
  #tickMs = MAX_TICK_MS
  #tickedAt = 0
  /** In so many slices a pass is cut. */
  #slices = 1
  /** The pass that is under way. */
  #pass: Iterator<Member> | undefined = undefined
  #timer: Timer | undefined = undefined

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** The clock behind the ticks, for what needs more than a tick's precision. */
  get clock(): Clock {
    return this.#clock
  }

  get members(): Iterable<Member> {
    return this.#members
  }

  /** `shortestMs` is the member's shortest deadline: ticks become fine enough for it. */
  add(member: Member, shortestMs: number): void {
    this.#members.add(member)
    const tickMs = Math.max(MIN_TICK_MS, Math.min(this.#tickMs, Math.floor(shortestMs / TICKS_PER_DEADLINE)))
    if (this.#timer !== undefined && tickMs === this.#tickMs) return
    this.#tickMs = tickMs
    this.#restart()
  }

  delete(member: Member): void {
    this.#members.delete(member)
    if (this.#members.size > 0) return
    this.#stop()
    this.#tickMs = MAX_TICK_MS
  }

  #restart(): void {
    this.#stop()
    this.#slices = this.#slicesNeeded
    this.#tickedAt = Math.floor(this.#clock.now())
    this.now = this.#time + MOST_AT_ONCE * this.#tickMs
    this.#timer = inNoContext(() => this.#clock.setInterval(() => this.#tick(), Math.ceil(this.#tickMs / this.#slices)))
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #tick(): void {
    const at = Math.floor(this.#clock.now())
    this.#time += Math.min(Math.max(0, at - this.#tickedAt), MOST_AT_ONCE * this.#tickMs)
    this.#tickedAt = at
    this.now = this.#time + MOST_AT_ONCE * this.#tickMs
    this.#beatSlice()
    if (this.#pass === undefined && this.#timer !== undefined && this.#slices !== this.#slicesNeeded) this.#restart()
  }

  #beatSlice(): void {
    this.#pass ??= this.#members.values()
    for (let left = Math.ceil(this.#members.size / this.#slices); left > 0 || this.#slices === 1; left--) {
      const { value, done } = this.#pass.next()
      if (done) {
        this.#pass = undefined
        return
      }
      value.beat(this.#time)
    }
  }

  get #slicesNeeded(): number {
    return Math.max(1, Math.min(Math.ceil(this.#members.size / SLICE), Math.floor(this.#tickMs / MIN_SLICE_MS)))
  }
}
