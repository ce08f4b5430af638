export const SLAB_BYTES = 65_536

/**
 * Memory into which the small frames of all connections are copied, so that those of one turn leave in one buffer. What was
 * given out is never given out again: a slab that is full is left to those who hold a part of it.
 */
export class Slab {
  /** To be read after `claim`, which may begin another. */
  bytes: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES)
  #used = 0

  /** Gives out `size` bytes, at most `SLAB_BYTES`, and returns where in `bytes` they begin. */
  claim(size: number): number {
    if (this.#used + size > SLAB_BYTES) {
      this.bytes = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.#used = 0
    }
    this.#used += size
    return this.#used - size
  }
}
