/**
 * Changes what is subscribed to by one command at a time. What is asked meanwhile goes into the next, where the last word on each
 * topic counts. So a topic is never in two commands under way, whatever a client makes of that, and however many calls there are.
 */
export class Changes {
  readonly #apply: (on: string[], off: string[]) => Promise<unknown>
  #wanted = new Map<string, boolean>()
  #next: Promise<void> | undefined
  #current: Promise<unknown> = Promise.resolve()

  constructor(apply: (on: string[], off: string[]) => Promise<unknown>) {
    this.#apply = apply
  }

  /** Fulfils when it is acknowledged, or has been overtaken by a later word that is. */
  change(topics: readonly string[], isOn: boolean): Promise<void> {
    for (const topic of topics) this.#wanted.set(topic, isOn)
    this.#next ??= this.#current.then(() => this.#send())
    return this.#next
  }

  #send(): Promise<void> {
    const on: string[] = []
    const off: string[] = []
    for (const [topic, isOn] of this.#wanted) (isOn ? on : off).push(topic)
    this.#wanted = new Map()
    this.#next = undefined
    const applied = this.#apply(on, off)
    this.#current = applied.catch(() => undefined)
    return applied.then(() => undefined)
  }
}
