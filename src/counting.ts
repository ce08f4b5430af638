import type { TimesTaken } from './metrics.ts'

/** Where names are as many as others want them to be, the last one stands for all that come late. */
const OTHER = 'other'

/** Counts by name, of which there are only so many. */
export class NamedCounts {
  readonly #counts = new Map<string, number>()
  readonly #most: number

  constructor(most = Infinity) {
    this.#most = most
  }

  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  add(name: string, more = 1): void {
    const key = this.#counts.has(name) || this.#counts.size < this.#most ? name : OTHER
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + more)
  }

  addAll(counts: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(counts)) this.add(name, count)
  }
}

/** Things by name, of which there are only so many. */
export class NamedThings<Thing> {
  readonly #things = new Map<string, Thing>()
  readonly #most: number
  readonly #make: () => Thing

  constructor(most: number, make: () => Thing) {
    this.#most = most
    this.#make = make
  }

  /** Under which it is kept. */
  nameOf(name: string): string {
    return this.#things.has(name) || this.#things.size < this.#most ? name : OTHER
  }

  of(name: string): Thing {
    const key = this.nameOf(name)
    const thing = this.#things.get(key) ?? this.#make()
    this.#things.set(key, thing)
    return thing
  }

  [Symbol.iterator](): IterableIterator<[name: string, thing: Thing]> {
    return this.#things.entries()
  }
}

/** A local network has its round trips in the first of them, a phone in a tunnel in the last; so have hooks that ask a database. */
const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const

/** How often something took how long. */
export class Times {
  readonly #counts: number[] = Array.from({ length: BOUNDS_MS.length + 1 }, () => 0)
  #sumMs = 0

  get all(): TimesTaken {
    const counts = [...this.#counts]
    return { boundsMs: BOUNDS_MS, counts, count: counts.reduce((sum, one) => sum + one, 0), sumMs: this.#sumMs }
  }

  add(ms: number): void {
    const at = BOUNDS_MS.findIndex((bound) => ms <= bound)
    this.#counts[at < 0 ? BOUNDS_MS.length : at]++
    this.#sumMs += ms
  }

  addAll({ counts, sumMs }: TimesTaken): void {
    for (const [at, count] of counts.entries()) this.#counts[at] += count
    this.#sumMs += sumMs
  }
}
