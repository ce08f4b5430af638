import type { Query } from './inspector-messages.ts'
import type { Sample } from './inspector-sample.ts'

const TOPIC = /^topic:(.+)$/
const NUMBER = /^#(\d+)$/

/**
 * The first of all connections that a query finds, in its order. They come one after the other, and no more than twice as many are
 * kept as are wanted, however many there are.
 */
export class Selection {
  found = 0
  readonly #most: number
  readonly #query: Query
  readonly #words: readonly string[]
  readonly #topics: readonly string[]
  readonly #numbers: readonly number[]
  #best: Sample[] = []
  /** What none of the best comes behind; whatever does cannot become one of them. */
  #last: Sample | undefined = undefined

  constructor(query: Query, most: number) {
    const words = query.text.split(/\s+/).filter((word) => word !== '')
    this.#most = most
    this.#query = query
    this.#words = words.filter((word) => !TOPIC.test(word) && !NUMBER.test(word)).map((word) => word.toLowerCase())
    this.#topics = words.flatMap((word) => TOPIC.exec(word)?.[1] ?? [])
    this.#numbers = words.flatMap((word) => NUMBER.exec(word)?.[1] ?? []).map(Number)
  }

  /** Those that are wanted, in order. */
  get samples(): readonly Sample[] {
    this.#cut()
    return this.#best
  }

  add(sample: Sample): void {
    if (!this.#finds(sample)) return
    this.found++
    if (this.#last !== undefined && this.#compare(sample, this.#last) > 0) return
    this.#best.push(sample)
    if (this.#best.length >= 2 * this.#most) this.#cut()
  }

  #finds({ id, route, text, connection }: Sample): boolean {
    if (this.#query.route !== null && this.#query.route !== route) return false
    return (
      this.#numbers.every((number) => number === id) &&
      this.#words.every((word) => text.includes(word)) &&
      this.#topics.every((topic) => connection.topics.has(topic))
    )
  }

  #cut(): void {
    this.#best.sort((one, other) => this.#compare(one, other))
    if (this.#best.length < this.#most) return
    this.#best.length = this.#most
    this.#last = this.#best.at(-1)
  }

  /** What is equal stays in the order in which it was opened. */
  #compare(one: Sample, other: Sample): number {
    const { sort, isDescending } = this.#query
    const difference = isDescending ? other[sort] - one[sort] : one[sort] - other[sort]
    return difference === 0 ? one.id - other.id : difference
  }
}
