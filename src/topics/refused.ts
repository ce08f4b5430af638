import type { Clock, Timer } from '../clock.ts'

/** From one try to the next, */
const RETRY_MS = 1_000
/** and while there are topics that were refused with others: it may be the fault of a single one. */
const REGROUP_MS = 100
/** Most calls of one try. */
const MOST_CALLS = 100
/** Most topics in one call. */
const MOST_TOPICS = 250

interface Refusal {
  /** Since when it has been wanted. */
  readonly since: number
  /** It was refused by itself. */
  readonly isAlone: boolean
}

/**
 * Topics that the broker has refused, although it is up, and when they are tried again. A call is refused as a whole: those that were
 * refused together are tried in smaller and smaller groups, until what the broker does not take is by itself and keeps no other.
 */
export class Refused {
  readonly #clock: Clock
  readonly #subscribe: (topics: readonly string[]) => Promise<boolean>
  /** What was refused longest ago comes first. */
  readonly #topics = new Map<string, Refusal>()
  #groupSize = MOST_TOPICS
  #timer: Timer | undefined = undefined
  #isTrying = false
  /** Grows when all that was known is void. */
  #generation = 0

  constructor(clock: Clock, subscribe: (topics: readonly string[]) => Promise<boolean>) {
    this.#clock = clock
    this.#subscribe = subscribe
  }

  isAlone(topic: string): boolean {
    return this.#topics.get(topic)?.isAlone === true
  }

  /** Refused in one call of `count` topics. */
  add(topics: readonly string[], count: number, since: number): void {
    const isAlone = count === 1
    for (const topic of topics) {
      const before = this.#topics.get(topic)
      this.#topics.delete(topic)
      this.#topics.set(topic, { since: before?.since ?? since, isAlone })
    }
    if (!isAlone) this.#groupSize = Math.min(this.#groupSize, Math.ceil(count / 2))
    if (!this.#isTrying) this.#schedule()
  }

  /** Returns since when it has been wanted, if it was refused. */
  delete(topic: string): number | undefined {
    const since = this.#topics.get(topic)?.since
    this.#topics.delete(topic)
    return since
  }

  clear(): void {
    this.#generation++
    this.#topics.clear()
    this.#groupSize = MOST_TOPICS
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isTrying = false
  }

  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#topics.size === 0) return
    this.#timer = this.#clock.setTimeout(() => void this.#try(), this.#isMixed ? REGROUP_MS : RETRY_MS)
  }

  get #isMixed(): boolean {
    for (const { isAlone } of this.#topics.values()) if (!isAlone) return true
    return false
  }

  async #try(): Promise<void> {
    const generation = this.#generation
    this.#isTrying = true
    const outcomes = await Promise.all(this.#groups().map(this.#subscribe))
    if (generation !== this.#generation) return
    this.#isTrying = false
    if (!outcomes.includes(false)) this.#bringTogether()
    this.#schedule()
  }

  /** Those that may be nobody's fault come before those that were refused by themselves. */
  #groups(): string[][] {
    const groups: string[][] = []
    const alone: string[][] = []
    for (const [topic, { isAlone }] of this.#topics) {
      if (isAlone) {
        if (alone.length < MOST_CALLS) alone.push([topic])
      } else {
        const last = groups.at(-1)
        if (last !== undefined && last.length < this.#groupSize) last.push(topic)
        else if (groups.length < MOST_CALLS) groups.push([topic])
        else break
      }
    }
    return [...groups, ...alone].slice(0, MOST_CALLS)
  }

  /** What was tried was taken, and so the rest may be. */
  #bringTogether(): void {
    this.#groupSize = MOST_TOPICS
    for (const [topic, { since }] of this.#topics) this.#topics.set(topic, { since, isAlone: false })
  }
}
