/** Something that holds bytes for, or from, a peer. Implemented by `Wire`. */
export interface Holder {
  /** Lets go of all that it holds, and of its connection. */
  evict(): void
}

/** Below this many bytes a holder is counted, but is not worth an eviction: so small traffic costs one addition. */
const HEAVY_BYTES = 4_096

/**
 * Bounds what all connections of an app hold together: unfinished messages, messages that wait for their handler, and
 * bytes that their peers do not take. Over the limit, whoever holds most must go.
 */
export class Budget {
  readonly #maxBytes: number
  readonly #heavy = new Map<Holder, number>()
  #heldBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** What all holders hold now. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** `holder` holds `now` bytes, after `before`. An eviction reports back here, from inside of this call. */
  charge(holder: Holder, before: number, now: number): void {
    this.#heldBytes += now - before
    if (now >= HEAVY_BYTES) this.#heavy.set(holder, now)
    else if (before >= HEAVY_BYTES) this.#heavy.delete(holder)
    if (now > before) this.#evict()
  }

  #evict(): void {
    while (this.#heldBytes > this.#maxBytes && this.#heavy.size > 0) {
      const [largest] = [...this.#heavy].reduce((one, other) => (other[1] > one[1] ? other : one))
      this.#heavy.delete(largest)
      largest.evict()
    }
  }
}
