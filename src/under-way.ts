/** The slowest link that what we send is given time for: half a megabit a second. */
const SLOWEST_BYTES_PER_MS = 64

/** Counts what was handed to the system. Implemented by `Outbox`. */
export interface Written {
  readonly writtenBytes: number
}

/**
 * Until when a slow link may be carrying what was sent. Written bytes are the system's, not yet the peer's: its buffer, and
 * those of proxies, hold megabytes, and a ping or a close frame lies behind them all. Times are the heartbeat's.
 */
export class UnderWay {
  readonly #source: Written
  readonly #mostMs: number
  #seen = 0
  #until = 0

  /** `mostMs`: longer than this nothing is thought to be under way, whatever was sent. */
  constructor(source: Written, mostMs: number) {
    this.#source = source
    this.#mostMs = mostMs
  }

  /** Looked at once a beat. In the past where all has arrived. */
  until(now: number): number {
    const written = this.#source.writtenBytes
    const more = written - this.#seen
    if (more > 0) this.#until = Math.min(now + this.#mostMs, Math.max(now, this.#until) + more / SLOWEST_BYTES_PER_MS)
    this.#seen = written
    return this.#until
  }

  /** How many bytes have been written: what `arrived` wants to know later. */
  get mark(): number {
    return this.#source.writtenBytes
  }

  /** The peer has answered what was sent at `mark`. */
  arrived(mark: number, now: number): void {
    this.until(now)
    this.#until = Math.min(this.#until, now + (this.#seen - mark) / SLOWEST_BYTES_PER_MS)
  }
}
