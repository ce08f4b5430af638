import type { Clock, Timer } from '../../src/clock.ts'

interface Entry {
  at: number
  readonly everyMs: number | undefined
  readonly task: () => void
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now = 0
  /** Of the calendar. */
  beganAt: number
  readonly #entries = new Set<Entry>()

  constructor(beganAt = Date.now()) {
    this.beganAt = beganAt
  }

  now(): number {
    return this.#now
  }

  today(): number {
    return this.beganAt + this.#now
  }

  setTimeout(task: () => void, ms: number): Timer {
    return this.#add({ at: this.#now + ms, everyMs: undefined, task })
  }

  setInterval(task: () => void, ms: number): Timer {
    return this.#add({ at: this.#now + ms, everyMs: ms, task })
  }

  /** How many timers are running. */
  get timers(): number {
    return this.#entries.size
  }

  /** The period of every interval that is running. */
  get intervals(): number[] {
    return [...this.#entries].flatMap(({ everyMs }) => everyMs ?? [])
  }

  /** Time passes, and every timer fires when it is due. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.at
      this.#fire(next)
    }
    this.#now = end
  }

  /** The event loop is blocked: time passes and nothing fires; then each timer that is overdue fires once. */
  block(ms: number): void {
    this.#now += ms
    const overdue = [...this.#entries].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at)
    for (const entry of overdue) if (this.#entries.has(entry)) this.#fire(entry)
  }

  /** What no clock of Node's does, and no code of ours may stumble over. */
  turnBack(ms: number): void {
    this.#now -= ms
  }

  #add(entry: Entry): Timer {
    this.#entries.add(entry)
    return { cancel: () => void this.#entries.delete(entry) }
  }

  #next(end: number): Entry | undefined {
    let first: Entry | undefined
    for (const entry of this.#entries) if (entry.at <= end && entry.at < (first?.at ?? Infinity)) first = entry
    return first
  }

  #fire(entry: Entry): void {
    if (entry.everyMs === undefined) this.#entries.delete(entry)
    else entry.at = this.#now + Math.max(1, entry.everyMs)
    entry.task()
  }
}
