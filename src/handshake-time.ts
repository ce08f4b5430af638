import type { Clock, Timer } from './clock.ts'

/** How long a handshake may take, from its complete headers on. One thing is waited for at a time. */
export class HandshakeTime {
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #onOver: () => void
  #timer: Timer | undefined = undefined
  #limitMs = Infinity
  #isRunning = false

  constructor(clock: Clock, onOver: () => void) {
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#onOver = onOver
  }

  /** Since its headers were complete. */
  get elapsedMs(): number {
    return this.#clock.now() - this.#startedAt
  }

  /** In all: what has passed already counts. Nothing is called before `start`. */
  limit(limitMs: number): void {
    if (limitMs === this.#limitMs) return
    this.#timer?.cancel()
    this.#limitMs = limitMs
    if (this.#isRunning) this.#run()
  }

  /** Something is waited for. */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#run()
  }

  /** From now on, in place of the limit. */
  grant(ms: number): void {
    this.cancel()
    this.#timer = this.#clock.setTimeout(this.#onOver, ms)
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#limitMs = Infinity
    this.#isRunning = false
  }

  #run(): void {
    if (this.#limitMs === Infinity) return
    const left = Math.max(0, this.#startedAt + this.#limitMs - this.#clock.now())
    this.#timer = this.#clock.setTimeout(this.#onOver, left)
  }
}
