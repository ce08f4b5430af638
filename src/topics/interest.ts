import type { Clock, Timer } from '../clock.ts'
import { Batch } from './batch.ts'
import type { Broker } from './broker.ts'
import { Refused } from './refused.ts'

/** Most topics in one call. */
const MOST_TOPICS = 250
/** Most calls under way: so many topics are subscribed in steps, as after an outage. */
const MOST_CALLS = 8
/** A topic that nobody wants is kept so long: the next subscriber often comes at once. */
const GRACE_MS = 1_000
/** So often it is looked at whether what was refused is subscribed by now. */
const LOOK_MS = 250

export interface InterestOwner {
  /** Whether anybody here is subscribed. */
  isWanted(topic: string): boolean
  /** All topics of which that is true. */
  wanted(): Iterable<string>
  /** What comes on the topic does not follow on what came: it is about to be subscribed at the broker, or is no more. */
  onBroken(topic: string): void
  /** It is subscribed only now, though somebody wanted it at `since`, and was told that the broker has not answered. */
  onLate(topic: string, since: number): void
  /** The broker has not done what it was asked, although it is up. */
  onRefused(error: unknown): void
}

const YES = Promise.resolve(true)
const NO = Promise.resolve(false)

/**
 * Keeps the broker's subscriptions at what is wanted here. A topic is nothing to the broker, or being subscribed (`#coming`), or
 * subscribed (`#on`; of these, what nobody wants any more is in `#lingering`), or being unsubscribed (`#going`); one that is
 * wanted again meanwhile is subscribed behind that. What one turn wants goes in one call.
 */
export class Interest {
  readonly #broker: Broker
  readonly #owner: InterestOwner
  readonly #clock: Clock
  readonly #on = new Set<string>()
  readonly #coming = new Map<string, Batch>()
  readonly #going = new Map<string, Batch>()
  /** Since when; the oldest first. */
  readonly #lingering = new Map<string, number>()
  readonly #refused: Refused
  #queue: Batch[] = []
  /** The last of the queue, while more topics may be added to it. */
  #gathering: Batch | undefined = undefined
  #calls = 0
  /** Grows whenever all that was known of the broker's subscriptions is void. */
  #generation = 0
  #isUp = false
  #sweep: Timer | undefined = undefined

  constructor(broker: Broker, owner: InterestOwner, clock: Clock) {
    this.#broker = broker
    this.#owner = owner
    this.#clock = clock
    this.#refused = new Refused(clock, (topics) => this.#subscribeAgain(topics))
  }

  /** Whether messages on `topic` may come. */
  has(topic: string): boolean {
    return this.#on.has(topic) || this.#coming.has(topic)
  }

  /** Somebody is subscribed to `topic`. Fulfils with whether everybody's messages from then on arrive. */
  want(topic: string): Promise<boolean> {
    if (!this.#isUp) return NO
    this.#lingering.delete(topic)
    if (this.#on.has(topic)) return YES
    if (this.#refused.isAlone(topic)) return NO // it would have others refused with it
    return (this.#coming.get(topic) ?? this.#subscribe(topic)).answer(this.#clock)
  }

  /** Nobody is any more. */
  release(topic: string): void {
    this.#refused.delete(topic)
    if (this.#on.has(topic)) this.#linger(topic)
    const batch = this.#coming.get(topic)
    if (batch === undefined || batch.isCalled) return
    batch.topics.delete(topic)
    this.#coming.delete(topic)
  }

  /**
   * The broker can be reached, and nothing is subscribed there. Fulfils with true when all that was wanted now has been acknowledged, but
   * for what is refused by itself while others are not; with false when it was lost again before.
   */
  async up(): Promise<boolean> {
    this.down()
    this.#isUp = true
    const generation = this.#generation
    let missing = [...this.#owner.wanted()]
    for (const topic of missing) if (!this.has(topic)) this.#subscribe(topic)
    for (;;) {
      const batches = new Set(missing.flatMap((topic) => this.#coming.get(topic) ?? []))
      await Promise.all([...batches].map(({ settled }) => settled))
      if (generation !== this.#generation) return false
      missing = missing.filter((topic) => this.#owner.isWanted(topic) && !this.#on.has(topic))
      if (missing.length === 0) return true
      if (this.#on.size > 0 && missing.every((topic) => this.#refused.isAlone(topic))) return true
      await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, LOOK_MS))
      if (generation !== this.#generation) return false
    }
  }

  /** It cannot be reached any more. */
  down(): void {
    const batches = new Set([...this.#coming.values(), ...this.#going.values()])
    this.#generation++
    this.#isUp = false
    this.#calls = 0
    this.#queue = []
    this.#gathering = undefined
    for (const topics of [this.#on, this.#coming, this.#going, this.#lingering, this.#refused]) topics.clear()
    this.#sweep?.cancel()
    this.#sweep = undefined
    for (const { settle } of batches) settle(false)
  }

  #subscribe(topic: string): Batch {
    if (this.#gathering === undefined || this.#gathering.topics.size === MOST_TOPICS) {
      this.#gathering = new Batch(true, this.#clock.now())
      this.#enqueue(this.#gathering)
    }
    this.#add(topic, this.#gathering)
    return this.#gathering
  }

  /** Behind what is gathering, and apart from it. */
  #subscribeAgain(topics: readonly string[]): Promise<boolean> {
    const batch = new Batch(true, this.#clock.now())
    for (const topic of topics) if (!this.has(topic)) this.#add(topic, batch)
    this.#enqueue(batch)
    return batch.settled
  }

  #add(topic: string, batch: Batch): void {
    batch.topics.add(topic)
    this.#coming.set(topic, batch)
    const going = this.#going.get(topic)
    if (going !== undefined) batch.behind.add(going)
  }

  #enqueue(batch: Batch): void {
    this.#queue.push(batch)
    if (this.#queue.length > 1) return
    const generation = this.#generation
    setImmediate(() => {
      if (generation === this.#generation) this.#pump()
    })
  }

  #pump(): void {
    while (this.#calls < MOST_CALLS) {
      const batch = this.#queue.shift()
      if (batch === undefined) return
      if (batch === this.#gathering) this.#gathering = undefined
      batch.isCalled = true
      this.#calls++
      void this.#call(batch)
    }
  }

  async #call(batch: Batch): Promise<void> {
    const generation = this.#generation
    // They stand before this one in the queue, so none of them waits for it.
    for (const { settled } of batch.behind) await settled
    const isDone = generation === this.#generation && (await this.#ask(batch))
    if (generation !== this.#generation) return
    this.#calls--
    if (batch.isSubscribing) this.#onSubscribed(batch, isDone)
    else this.#onUnsubscribed(batch, isDone)
    batch.settle(isDone)
    this.#pump()
  }

  async #ask({ isSubscribing, topics }: Batch): Promise<boolean> {
    const generation = this.#generation
    if (topics.size === 0) return true // whoever wanted them is gone
    try {
      if (isSubscribing) for (const topic of topics) this.#owner.onBroken(topic)
      await (isSubscribing ? this.#broker.subscribe([...topics]) : this.#broker.unsubscribe([...topics]))
      return true
    } catch (error) {
      if (generation === this.#generation) this.#owner.onRefused(error)
      return false
    }
  }

  #onSubscribed({ topics, since, isLate }: Batch, isDone: boolean): void {
    for (const topic of topics) this.#coming.delete(topic)
    if (!isDone) {
      const wanted = [...topics].filter((topic) => this.#owner.isWanted(topic))
      this.#refused.add(wanted, topics.size, since)
      return
    }
    for (const topic of topics) {
      this.#on.add(topic)
      const refusedSince = this.#refused.delete(topic)
      if (!this.#owner.isWanted(topic)) this.#linger(topic)
      else if (isLate || refusedSince !== undefined) this.#owner.onLate(topic, refusedSince ?? since)
    }
  }

  #onUnsubscribed(batch: Batch, isDone: boolean): void {
    for (const topic of batch.topics) {
      this.#going.delete(topic)
      if (isDone || this.#coming.has(topic)) continue
      this.#on.add(topic) // for all we know
      this.#linger(topic)
    }
  }

  #linger(topic: string): void {
    this.#lingering.set(topic, this.#clock.now())
    this.#sweep ??= this.#clock.setTimeout(() => this.#unsubscribeOld(), GRACE_MS)
  }

  #unsubscribeOld(): void {
    const now = this.#clock.now()
    let batch: Batch | undefined
    this.#sweep = undefined
    for (const [topic, since] of this.#lingering) {
      if (since + GRACE_MS > now) {
        this.#sweep = this.#clock.setTimeout(() => this.#unsubscribeOld(), since + GRACE_MS - now)
        return
      }
      this.#lingering.delete(topic)
      this.#on.delete(topic)
      this.#owner.onBroken(topic)
      if (batch === undefined || batch.topics.size === MOST_TOPICS) {
        batch = new Batch(false, now)
        this.#gathering = undefined // what is subscribed from here on stands behind it
        this.#enqueue(batch)
      }
      batch.topics.add(topic)
      this.#going.set(topic, batch)
    }
  }
}
