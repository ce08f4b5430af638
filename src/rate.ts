/** A token bucket: on average so many a second, and as many at once as it holds. */
class Bucket {
  readonly #perMs: number
  readonly #size: number
  #level: number
  #at: number

  constructor(perSecond: number, burstSeconds: number, now: number) {
    this.#perMs = perSecond / 1_000
    this.#size = Math.max(1, perSecond * burstSeconds)
    this.#level = this.#size
    this.#at = now
  }

  take(count: number, now: number): void {
    this.#level = Math.min(this.#size, this.#level + (now - this.#at) * this.#perMs) - count
    this.#at = now
  }

  /** How long until `count` may be taken. */
  waitMs(count: number, now: number): number {
    this.take(0, now)
    return Math.max(0, (count - this.#level) / this.#perMs)
  }

  /** More was taken than there was. */
  get isOverdrawn(): boolean {
    return this.#level < 0
  }
}

export interface RateLimits {
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  readonly burstSeconds: number
}

/** How fast messages and bytes come from one peer, and how fast they may. Times are milliseconds of a clock. */
export class Rate {
  readonly #messages: Bucket | undefined
  readonly #bytes: Bucket | undefined

  constructor({ messagesPerSecond, bytesPerSecond, burstSeconds }: RateLimits, now: number) {
    this.#messages = messagesPerSecond === Infinity ? undefined : new Bucket(messagesPerSecond, burstSeconds, now)
    this.#bytes = bytesPerSecond === Infinity ? undefined : new Bucket(bytesPerSecond, burstSeconds, now)
  }

  addMessage(now: number): void {
    this.#messages?.take(1, now)
  }

  addBytes(count: number, now: number): void {
    this.#bytes?.take(count, now)
  }

  /** More came than may. */
  get isExceeded(): boolean {
    return this.#messages?.isOverdrawn === true || this.#bytes?.isOverdrawn === true
  }

  /** How long until another message may come. */
  waitMs(now: number): number {
    return Math.max(this.#messages?.waitMs(1, now) ?? 0, this.#bytes?.waitMs(0, now) ?? 0)
  }
}
