import type { Span } from './calendar.ts'
import { eachOf } from './members.ts'
import type { Subscriber } from './subscriber.ts'

/** So many sockets are told in one turn of the event loop, and fewer if they have many topics: so many count as one more. */
const MOST_CALLS = 100
const TOPICS_PER_CALL = 100
/** and so many are looked at: most of an app's sockets may have nobody to tell. */
const MOST_SEEN = 10_000

/** Those who are to be told of one gap. */
interface Round {
  readonly subscribers: readonly Subscriber[]
  readonly span: Span
  /** All topics of a socket, if undefined. */
  readonly topic: string | undefined
  at: number
}

export interface GapAudience {
  /** All sockets now: who comes later has missed nothing. */
  all(): readonly Subscriber[]
  /** Those that are subscribed to `topic`. */
  of(topic: string): readonly Subscriber[]
}

/** Tells sockets that messages were lost, a few in each turn. */
export class GapNotices {
  readonly #audience: GapAudience
  /** Gaps that nobody was told of yet, by topic; those that meet are one. */
  readonly #topics = new Map<string, Span>()
  #all: Span | undefined = undefined
  #round: Round | undefined = undefined
  #isScheduled = false

  constructor(audience: GapAudience) {
    this.#audience = audience
  }

  /** On `topic`, or on all. */
  announce(span: Span, topic?: string): void {
    if (topic === undefined) this.#all = joined(this.#all, span)
    else this.#topics.set(topic, joined(this.#topics.get(topic), span))
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#turn()
    })
  }

  #turn(): void {
    let calls = 0
    for (let seen = 0; seen < MOST_SEEN && calls < MOST_CALLS; seen++) {
      this.#round ??= this.#nextRound()
      if (this.#round === undefined) return
      const { subscribers, at } = this.#round
      if (at === subscribers.length) this.#round = undefined
      else calls += tell(subscribers[this.#round.at++], this.#round)
    }
    this.#schedule()
  }

  #nextRound(): Round | undefined {
    if (this.#all !== undefined) {
      const span = this.#all
      this.#all = undefined
      return { subscribers: this.#audience.all(), span, topic: undefined, at: 0 }
    }
    const [next] = this.#topics
    if (next === undefined) return undefined
    const [topic, span] = next
    this.#topics.delete(topic)
    return { subscribers: this.#audience.of(topic), span, topic, at: 0 }
  }
}

/** Returns for how many calls of the application it counts. */
function tell(subscriber: Subscriber, { span, topic }: Round): number {
  const { onGap } = subscriber.settings
  if (onGap === undefined || subscriber.subscriptions === undefined || !subscriber.isOpen) return 0
  const topics = topic === undefined ? [...eachOf(subscriber.subscriptions)] : [topic]
  subscriber.call(onGap, [subscriber.connection, { topics, ...span }])
  return 1 + topics.length / TOPICS_PER_CALL
}

function joined(one: Span | undefined, other: Span): Span {
  if (one === undefined) return other
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) }
}
