import type { Clock } from '../clock.ts'

/** Whoever subscribes hears so long after that the broker has not answered. */
const ANSWER_MS = 4_000

/** Topics that one call subscribes, or unsubscribes. */
export class Batch {
  readonly isSubscribing: boolean
  readonly topics = new Set<string>()
  /** When it was begun. */
  readonly since: number
  /** Somebody was told that the broker has not answered. */
  isLate = false
  /** The broker has been asked. */
  isCalled = false
  /** What has to be over before: the same topics are being unsubscribed. */
  readonly behind = new Set<Batch>()
  /** Fulfils with whether the broker has acknowledged. */
  readonly settled: Promise<boolean>
  settle: (isDone: boolean) => void = () => undefined
  #answer: Promise<boolean> | undefined = undefined

  constructor(isSubscribing: boolean, since: number) {
    this.isSubscribing = isSubscribing
    this.since = since
    this.settled = new Promise((resolve) => {
      this.settle = resolve
    })
  }

  /** The same for whoever does not want to wait for ever. */
  answer(clock: Clock): Promise<boolean> {
    this.#answer ??= new Promise((resolve) => {
      const timer = clock.setTimeout(() => {
        this.isLate = true
        resolve(false)
      }, ANSWER_MS)
      void this.settled.then((isDone) => {
        timer.cancel()
        resolve(isDone)
      })
    })
    return this.#answer
  }
}
