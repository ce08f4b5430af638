const LEAST_BYTES = 65_536
/** A larger one is let go of when its message is done. */
const KEPT_BYTES = 1_052_672

/** Where zlib puts what it makes, for all connections: whoever uses it is done, and has copied, before anybody else runs. */
export class Scratch {
  #bytes: Buffer | undefined = undefined

  get bytes(): Buffer {
    this.#bytes ??= Buffer.allocUnsafeSlow(LEAST_BYTES)
    return this.#bytes
  }

  /** Twice as large, but not above `most`; the first `used` bytes stay. */
  grow(used: number, most: number): void {
    const before = this.bytes
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(before.length, Math.min(2 * before.length, most)))
    before.copy(this.#bytes, 0, 0, used)
  }

  /** A copy of the first `used` bytes. */
  take(used: number): Buffer {
    const taken = Buffer.allocUnsafe(used)
    this.bytes.copy(taken, 0, 0, used)
    if (this.bytes.length > KEPT_BYTES) this.#bytes = undefined
    return taken
  }
}
