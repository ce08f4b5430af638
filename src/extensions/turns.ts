/** Work that is done in steps. Returns whether it is done. */
export type Job = () => boolean

/**
 * Work too large for one turn of the event loop: one step a turn, of one job after the other. So the large messages of some
 * connections delay all others by one step at most.
 */
export class Turns {
  readonly #schedule: (task: () => void) => void
  readonly #jobs: Job[] = []
  #isScheduled = false

  constructor(schedule: (task: () => void) => void = setImmediate) {
    this.#schedule = schedule
  }

  add(job: Job): void {
    this.#jobs.push(job)
    this.#ask()
  }

  #ask(): void {
    if (this.#isScheduled || this.#jobs.length === 0) return
    this.#isScheduled = true
    this.#schedule(this.#run)
  }

  readonly #run = (): void => {
    const job = this.#jobs.shift() as Job // `#ask` has seen one
    let isDone = true
    try {
      isDone = job()
    } finally {
      this.#isScheduled = false
      if (!isDone) this.#jobs.push(job)
      this.#ask()
    }
  }
}

/** Those of this process. */
export const turns: Turns = new Turns()
