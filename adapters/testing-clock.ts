import type { Clock, Timer } from '../src/adapter.ts'

/** A timer that is running. */
export interface Entry {
  at: number
  readonly everyMs: number | undefined
  readonly task: () => void
}

/** Node's own, whatever a test puts in its place later. */
const immediate = setImmediate
/** A ping, and its answer on the way back, need three. */
const TURNS = 4

/**
 * A clock that stands still until a test moves it. Given to an app as its `clock`, all that the app does after a time
 * happens when the test says so: heartbeats and their time-outs, handshakes that take too long, lifetimes, drains, the
 * times of topics and their gaps.
 *
 *     const clock = new TestClock()
 *     const app = websockets(express(), { clock })
 *     await clock.advance(46_000)
 *
 * Node's timers are not touched: your own code, and Node's HTTP time-outs, live in real time.
 */
export class TestClock implements Clock {
  /** Milliseconds since 1970 at which it began. Assign to it, and the calendar jumps, as somebody who sets it makes it do. */
  beganAt: number
  protected time = 0
  protected readonly entries = new Set<Entry>()
  #isAdvancing = false

  /** @param beganAt milliseconds since 1970 @defaultValue the present */
  constructor(beganAt: number = Date.now()) {
    this.beganAt = beganAt
  }

  now(): number {
    return this.time
  }

  today(): number {
    return this.beganAt + this.time
  }

  setTimeout(task: () => void, ms: number): Timer {
    return this.#add({ at: this.time + ms, everyMs: undefined, task })
  }

  setInterval(task: () => void, ms: number): Timer {
    return this.#add({ at: this.time + ms, everyMs: ms, task })
  }

  /** How many timers are running. */
  get timers(): number {
    return this.entries.size
  }

  /**
   * Lets `ms` milliseconds pass: each timer fires when it is due, and after each the event loop turns, so that what it sends
   * arrives, and is answered, before the next. What an app looks at twice a second, such as its heartbeat, is up to a second late.
   * @throws RangeError for what is no number of milliseconds; Error while an earlier call has not fulfilled
   */
  async advance(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`advance() takes milliseconds, from 0 on; got ${ms}`)
    if (this.#isAdvancing) throw new Error('this clock is being advanced: write await clock.advance(...)')
    this.#isAdvancing = true
    const end = this.time + ms
    try {
      await settle()
      while (this.fireNext(end)) await settle()
      this.time = end
    } finally {
      this.#isAdvancing = false
    }
  }

  /** Fires the timer that is due first, if that is not after `end`. Returns whether there was one. */
  protected fireNext(end: number): boolean {
    let first: Entry | undefined
    for (const entry of this.entries) if (entry.at <= end && entry.at < (first?.at ?? Infinity)) first = entry
    if (first === undefined) return false
    this.time = Math.max(this.time, first.at)
    this.fire(first)
    return true
  }

  #add(entry: Entry): Timer {
    this.entries.add(entry)
    return { cancel: () => void this.entries.delete(entry) }
  }

  protected fire(entry: Entry): void {
    if (entry.everyMs === undefined) this.entries.delete(entry)
    else entry.at = this.time + Math.max(1, entry.everyMs)
    entry.task()
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => immediate(resolve))
}
