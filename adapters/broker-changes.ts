/** What one call asks for, and who asked. */
interface Change {
  readonly topics: readonly string[]
  readonly isOn: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Changes what is subscribed to by one command at a time. What is asked meanwhile goes into the next, where the last word on each
 * topic counts. So a topic is never in two commands under way, whatever a client makes of that, and however many calls there are.
 * A command is refused as a whole: then each call has its own, so that it is refused for no other's topics.
 */
export class Changes {
  readonly #apply: (on: string[], off: string[]) => Promise<unknown>
  #waiting: Change[] = []
  #isApplying = false

  constructor(apply: (on: string[], off: string[]) => Promise<unknown>) {
    this.#apply = apply
  }

  /** Fulfils when it is acknowledged, or has been overtaken by a later word that is. */
  change(topics: readonly string[], isOn: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ topics, isOn, resolve, reject })
      if (this.#isApplying) return
      this.#isApplying = true
      queueMicrotask(() => void this.#applyAll()) // what one turn asks for goes together
    })
  }

  async #applyAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const changes = this.#waiting
      this.#waiting = []
      if (!(await this.#isDone(changes, changes.length === 1)))
        for (const one of changes) await this.#isDone([one], true)
    }
    this.#isApplying = false
  }

  /** Whether whoever asked has been told. */
  async #isDone(changes: readonly Change[], isLast: boolean): Promise<boolean> {
    const wanted = new Map<string, boolean>()
    for (const { topics, isOn } of changes) for (const topic of topics) wanted.set(topic, isOn)
    const on: string[] = []
    const off: string[] = []
    for (const [topic, isOn] of wanted) (isOn ? on : off).push(topic)
    try {
      await this.#apply(on, off)
      for (const { resolve } of changes) resolve()
    } catch (error) {
      if (!isLast) return false
      for (const { reject } of changes) reject(error)
    }
    return true
  }
}
