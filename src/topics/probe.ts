import type { Clock, Timer } from '../clock.ts'

/** From one sign of life to the next probe, and from a probe to its answer at the latest. */
export const PROBE_MS = 5_000
/** A timer that fires so much too late shows that the event loop was blocked: the answer may be there, unread. */
const LATE_MS = 1_000

export interface ProbeOwner {
  /** Sends a probe; `answered` of its number is called when it is back. */
  sendProbe(number: number): void
  /** What was published up to `sentAt` has arrived. */
  onAlive(sentAt: number): void
  /** Nothing comes back. Called once; probes go on. */
  onSilent(): void
}

/**
 * Asks at short intervals whether what goes to the broker comes back: nothing else shows a path that is dead, for TCP goes on
 * trying for minutes.
 */
export class Probe {
  readonly #owner: ProbeOwner
  readonly #clock: Clock
  #number = 0
  #sentAt = 0
  #isSilent = false
  #timer: Timer | undefined = undefined

  constructor(owner: ProbeOwner, clock: Clock) {
    this.#owner = owner
    this.#clock = clock
  }

  start(): void {
    this.stop()
    this.#isSilent = false
    this.#send()
  }

  stop(): void {
    this.#number++ // the answer to what is under way says nothing any more
    this.#timer?.cancel()
    this.#timer = undefined
  }

  answered(number: number): void {
    if (number !== this.#number || this.#timer === undefined) return
    this.#timer.cancel()
    this.#isSilent = false
    this.#number++
    this.#timer = this.#clock.setTimeout(() => this.#send(), PROBE_MS)
    this.#owner.onAlive(this.#sentAt)
  }

  #send(): void {
    this.#number++
    this.#sentAt = this.#clock.now()
    const dueAt = this.#sentAt + PROBE_MS
    this.#timer = this.#clock.setTimeout(() => this.#onDue(dueAt), PROBE_MS)
    this.#owner.sendProbe(this.#number)
  }

  #onDue(dueAt: number): void {
    const now = this.#clock.now()
    if (now > dueAt + LATE_MS) {
      this.#timer = this.#clock.setTimeout(() => this.#onDue(now + LATE_MS), LATE_MS)
      return
    }
    const isNews = !this.#isSilent
    this.#isSilent = true
    this.#send()
    if (isNews) this.#owner.onSilent()
  }
}
