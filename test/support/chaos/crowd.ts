import { setTimeout as delay } from 'node:timers/promises'
import type { ChaosClient } from './client.ts'
import type { Random } from './random.ts'

const TURN_MS = 20
/** Topics that a client is in, about. */
const USUAL_TOPICS = 5

/** Clients that subscribe, unsubscribe and publish as `random` has it, `perSecond` times in all. */
export class Crowd {
  readonly clients: ChaosClient[]
  readonly #topics: readonly string[]
  readonly #random: Random
  readonly #perSecond: number
  #isOver = false
  #running: Promise<void> | undefined

  constructor(clients: ChaosClient[], topics: readonly string[], random: Random, perSecond = 250) {
    this.clients = clients
    this.#topics = topics
    this.#random = random
    this.#perSecond = perSecond
  }

  begin(): void {
    this.#running = this.#run()
  }

  /** Fulfils when nobody does anything any more. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  async #run(): Promise<void> {
    const begin = performance.now()
    for (let done = 0; !this.#isOver; ) {
      await delay(TURN_MS)
      // What a busy machine did not get to do is left out rather than done in a heap.
      const due = Math.min(((performance.now() - begin) / 1_000) * this.#perSecond, done + this.#perSecond)
      for (; done < due; done++) this.#step(this.#random.of(this.clients))
    }
  }

  #step(client: ChaosClient): void {
    if (!client.isOpen) return
    const kind = this.#random.below(10)
    const own = [...client.wanted.keys()]
    const any = this.#random.of(this.#topics)
    if (kind < 6) client.publish(kind < 3 && own.length > 0 ? this.#random.of(own) : any)
    else if (kind < 8 && own.length > USUAL_TOPICS) client.unsubscribe(this.#random.of(own))
    else if (kind < 9 && !client.wanted.has(any)) void client.subscribe(any)
    else if (own.length > 0) client.unsubscribe(this.#random.of(own))
  }
}
