import { Buffer } from 'node:buffer'

/** Nothing, without an allocation. */
export const EMPTY: Buffer = Buffer.alloc(0)

/**
 * Gathers bytes that arrive in parts. Its room is what it was first given, then doubles, up to `maxBytes`: work stays
 * linear in the bytes added and memory under twice that, however small the parts are.
 */
export class GrowingBuffer {
  readonly #maxBytes: number
  #bytes: Buffer = EMPTY
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get length(): number {
    return this.#length
  }

  /** The room taken, which is what the parts cost in memory. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** Adds `source[start, end)`, and returns a view of it in its new place. */
  append(source: Buffer, start: number, end: number): Buffer {
    const from = this.#length
    const to = from + end - start
    if (to > this.#bytes.length) this.#grow(to)
    source.copy(this.#bytes, from, start, end)
    this.#length = to
    return this.#bytes.subarray(from, to)
  }

  /** All that was added so far. What is added later goes behind it, or into another place. */
  take(): Buffer {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length)
  }

  /** Not from the pool: a byte that stays would keep a whole slab of it. */
  #grow(needed: number): void {
    const room = Math.max(needed, Math.min(2 * this.#bytes.length, this.#maxBytes))
    const bytes = Buffer.allocUnsafeSlow(room)
    this.#bytes.copy(bytes, 0, 0, this.#length)
    this.#bytes = bytes
  }
}
