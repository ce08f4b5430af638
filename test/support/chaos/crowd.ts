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

  /** Everybody is somewhere at first. */
  async begin(): Promise<void> {
    const first = this.clients.flatMap((client) => this.#places().map((topic) => client.subscribe(topic)))
    await Promise.all(first)
    this.#running = this.#run()
  }

  /** From now on whoever is disconnected comes back, by `rejoin`, to where it was. */
  returns(rejoin: (topics: readonly string[]) => Promise<ChaosClient>): void {
    for (const client of this.clients) this.#return(client, rejoin)
  }

  /** Fulfils when nobody does anything any more. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  #return(client: ChaosClient, rejoin: (topics: readonly string[]) => Promise<ChaosClient>): void {
    void client.closed.then(async () => {
      if (this.#isOver) return
      const again = await rejoin(client.topicsAtEnd)
      this.clients[this.clients.indexOf(client)] = again
      this.#return(again, rejoin)
    })
  }

  #places(): string[] {
    return [...new Set(Array.from({ length: USUAL_TOPICS }, () => this.#random.of(this.#topics)))]
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
    const own = [...client.wanted.keys()]
    const any = this.#random.of(this.#topics)
    const kind = this.#random.below(10)
    if (kind < 3) client.publish(any)
    else if (kind < 6 && own.length > 0) client.publish(this.#random.of(own))
    else if (own.length > this.#random.below(2 * USUAL_TOPICS)) client.unsubscribe(this.#random.of(own))
    else if (!client.wanted.has(any)) void client.subscribe(any)
  }
}
