import { Generations } from './generations.ts'

/** What the topics of one generation may cost. With more of them numbers are forgotten sooner, and what is lost after that may not be seen. */
const MAX_BYTES = 33_554_432

/** Numbers for what this node publishes: by topic they rise by one, and never fall. */
export class SentSequences {
  readonly #last = new Generations<number>(MAX_BYTES)
  #highest = 0

  /** Whether nothing is known of a message before, on this topic. */
  isFirst(topic: string): boolean {
    return this.#last.get(topic) === undefined
  }

  /** A topic that was forgotten goes on above all numbers that it can have had. */
  next(topic: string): number {
    const sequence = (this.#last.get(topic) ?? this.#highest) + 1
    this.#highest = Math.max(this.#highest, sequence)
    this.#last.set(topic, sequence)
    return sequence
  }

  /** To be called each few minutes: a topic that nothing was published on between two calls is forgotten. */
  turn(): void {
    this.#last.turn()
  }
}

/** The last message of a node on a topic. */
interface Last {
  sequence: number
  /** Up to here nothing was lost, for certain. */
  goodUntil: number
}

/** What a message's number says: it was there before, it is the next, or those after `since` were lost. */
export type Heard = 'again' | 'next' | { readonly since: number }

/** Numbers of what came from other nodes, so that what was lost, or came twice, is seen. */
export class HeardSequences {
  readonly #nodes = new Map<string, Generations<Last>>()

  /** `goodUntil` is the time up to which nothing can have been lost, seen from now. */
  hear(node: string, topic: string, sequence: number, isFirst: boolean, goodUntil: number): Heard {
    const topics = this.#nodes.get(node) ?? new Generations<Last>(MAX_BYTES)
    this.#nodes.set(node, topics)
    const last = topics.get(topic)
    if (last === undefined) {
      topics.set(topic, { sequence, goodUntil })
      return 'next'
    }
    if (sequence <= last.sequence) return 'again'
    const since = last.goodUntil
    const isNext = isFirst || sequence === last.sequence + 1
    last.sequence = sequence
    last.goodUntil = goodUntil
    return isNext ? 'next' : { since }
  }

  /** From here on what comes on `topic` has nothing to do with what came before. */
  forget(topic: string): void {
    for (const topics of this.#nodes.values()) topics.delete(topic)
  }

  clear(): void {
    this.#nodes.clear()
  }

  /** As of `SentSequences`. A node that is gone is forgotten, too. */
  turn(): void {
    for (const [node, topics] of this.#nodes) {
      topics.turn()
      if (topics.isEmpty) this.#nodes.delete(node)
    }
  }
}
