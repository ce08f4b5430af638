/** Something that holds bytes for, or from, a peer. Implemented by `Wire`. */
export interface Holder {
  /** What it was last charged. */
  readonly chargedBytes: number
  /** For how long what it holds has not gone on. */
  readonly stalledMs: number
  /** Lets go of all that it holds, and of its connection, before it returns. */
  evict(): void
}

/**
 * Bounds what all connections of an app hold together: unfinished messages, messages that wait for their handler, and
 * bytes that their peers do not take. Over the limit, whoever holds most must go; what stands still weighs more with each
 * second, so that an upload under way outlives many that were begun to be left lying.
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
      this.#heaviest()?.evict()
    }
  }

  #heaviest(): Holder | undefined {
    let heaviest: Holder | undefined
    let most = 0
    for (const holder of this.#holders) {
      const weight = holder.chargedBytes * (1_000 + holder.stalledMs)
      if (weight <= most) continue
      heaviest = holder
      most = weight
    }
    return heaviest
  }
}
