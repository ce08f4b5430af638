/** What a beat of the heart asks for. */
export type PulseAction = 'none' | 'ping' | 'dead'

/**
 * Whether the peer of one connection still lives. Any byte from it is life; after `pingIntervalMs` of silence it is
 * pinged, and then has `pongTimeoutMs` to be heard. Times are the heartbeat's.
 */
export class Pulse {
  readonly #intervalMs: number
  readonly #timeoutMs: number
  #heardAt: number
  /** How much silence the next ping waits for: at first a random part of the interval, so that pings do not come in bursts. */
  #silenceMs: number
  /** -1 while no ping waits for an answer. */
  #pingedAt = -1

  constructor(intervalMs: number, timeoutMs: number, now: number) {
    this.#intervalMs = intervalMs
    this.#timeoutMs = timeoutMs
    this.#heardAt = now
    this.#silenceMs = intervalMs * (0.5 + Math.random() / 2)
  }

  heard(now: number): void {
    this.#heardAt = now
  }

  /**
   * `canSpeak`: nothing of ours lies in front of a ping. `canHear`: we are reading. Where either is false no silence is
   * the peer's fault, and no clock runs against it; a ping goes out all the same while it can, since writing is how
   * one notices that a transport is gone.
   */
  beat(now: number, canSpeak: boolean, canHear: boolean): PulseAction {
    if (!canSpeak) this.#heardAt = now
    if (!canSpeak || !canHear) this.#pingedAt = -1
    if (this.#pingedAt >= 0) {
      if (this.#heardAt < this.#pingedAt) return now - this.#pingedAt >= this.#timeoutMs ? 'dead' : 'none'
      this.#pingedAt = -1
    }
    if (now - this.#heardAt < this.#silenceMs) return 'none'
    this.#silenceMs = this.#intervalMs
    if (canHear) this.#pingedAt = now
    else this.#heardAt = now
    return 'ping'
  }
}
