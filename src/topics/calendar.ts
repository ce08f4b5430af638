import type { Clock } from '../clock.ts'
import type { TopicGap } from './topics.ts'

/** From when to when messages may be missing, in milliseconds since 1970. */
export type Span = Pick<TopicGap, 'from' | 'to'>

/** Less than this is how clocks drift, and no jump. */
const JUMP_MS = 100
const MOST_JUMPS = 16

/** A time of the calendar at which the clock was at 0, as it looked from `seenAt` on. */
interface Zero {
  readonly seenAt: number
  readonly at: number
}

/**
 * Says times of the clock as those of the calendar, which an application asks its database by. The two jump against each other: the
 * clock stands still while a machine sleeps, and calendars are set. So what began before a jump is given as early, and ends as late, as it
 * can have been.
 */
export class Calendar {
  readonly #clock: Clock
  #zeros: Zero[] = []

  constructor(clock: Clock) {
    this.#clock = clock
    this.#look()
  }

  span(from: number, to: number): Span {
    this.#look()
    const before = this.#zeros.findLastIndex(({ seenAt }) => seenAt <= from)
    const zeros = this.#zeros.slice(Math.max(0, before)).map(({ at }) => at)
    return { from: Math.floor(Math.min(...zeros) + from), to: Math.ceil(Math.max(...zeros) + to) }
  }

  #look(): void {
    const seenAt = this.#clock.now()
    const at = this.#clock.today() - seenAt
    const last = this.#zeros.at(-1)
    if (last !== undefined && Math.abs(last.at - at) < JUMP_MS) return
    this.#zeros = [...this.#zeros, { seenAt, at }].slice(-MOST_JUMPS)
  }
}
