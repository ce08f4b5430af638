// How long messages took, in milliseconds, without an object for each.

export class Latencies {
  #times = new Float64Array(65_536)
  #count = 0

  add(ms) {
    if (this.#count === this.#times.length) this.#grow()
    this.#times[this.#count++] = ms
  }

  get count() {
    return this.#count
  }

  summary() {
    const sorted = this.#times.subarray(0, this.#count).sort()
    const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
    return { p50: at(0.5), p99: at(0.99), max: at(1) }
  }

  #grow() {
    const larger = new Float64Array(2 * this.#times.length)
    larger.set(this.#times)
    this.#times = larger
  }
}
