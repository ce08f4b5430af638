import { inNoContext } from '../no-context.ts'

/** Work that is done in steps. Returns whether it is done. */
export type Job = () => boolean

/**
 * Work too large for one turn of the event loop: one step a turn, of one job after the other. So the large messages of some
 * connections delay all others by one step at most.
 */
export class Turns {
  readonly #mostAtOnce: number
  readonly #schedule: (task: () => void) => void
  /** Begun, in the order of their next steps. */
  readonly #jobs: Job[] = []
  readonly #waiting: Job[] = []
  #isScheduled = false

  /** @param mostAtOnce so many jobs take turns; others begin when one of them is done */
  constructor(mostAtOnce = Infinity, schedule: (task: () => void) => void = setImmediate) {
    this.#mostAtOnce = mostAtOnce
    this.#schedule = schedule
  }

  add(job: Job): void {
    if (this.#jobs.length < this.#mostAtOnce) this.#jobs.push(job)
    else this.#waiting.push(job)
    this.#ask()
  }

  #ask(): void {
    if (this.#isScheduled || this.#jobs.length === 0) return
    this.#isScheduled = true
    inNoContext(() => this.#schedule(this.#run))
  }

  readonly #run = (): void => {
    const [job] = this.#jobs // `#ask` has seen one
    let isDone = true
    try {
      isDone = job()
    } finally {
      this.#isScheduled = false
      this.#jobs.shift()
      const next = isDone ? this.#waiting.shift() : job
      if (next !== undefined) this.#jobs.push(next)
      this.#ask()
    }
  }
}

/** What comes in, in this process. */
export const turns: Turns = new Turns()

/** What is deflated. Each job needs a state of 268 KB from its first step to its last, so that they are few at once. */
export const deflateTurns: Turns = new Turns(16)
