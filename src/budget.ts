/** Something that holds bytes for, or from, a peer. Implemented by `Wire`. */
export interface Holder {
  /** What it was last charged. */
  readonly chargedBytes: number
  /** Lets go of all that it holds, and of its connection, before it returns. */
  evict(): void
}

/**
 * Bounds what all connections of an app hold together: unfinished messages, messages that wait for their handler, and
 * bytes that their peers do not take. Over the limit, whoever holds most must go.
 */
export class Budget {
  readonly #maxBytes: number
  readonly #holders: Iterable<Holder>
  #heldBytes = 0

  /** `holders` are looked at only when somebody has to go: what they hold from day to day costs an addition. */
  constructor(maxBytes: number, holders: Iterable<Holder>) {
    this.#maxBytes = maxBytes
    this.#holders = holders
  }

  /** What all holders hold now. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Somebody holds so many bytes more, or less. An eviction comes back here, from inside of this call. */
  charge(bytes: number): void {
    this.#heldBytes += bytes
    if (bytes > 0 && this.#heldBytes > this.#maxBytes) this.#evict()
  }

  #evict(): void {
    for (let before = Infinity; this.#heldBytes > this.#maxBytes && this.#heldBytes < before; ) {
      before = this.#heldBytes
      this.#largest()?.evict()
    }
  }

  #largest(): Holder | undefined {
    let largest: Holder | undefined
    for (const holder of this.#holders) if (holder.chargedBytes > (largest?.chargedBytes ?? 0)) largest = holder
    return largest
  }
}
