// How long messages took, in milliseconds.

export class RoundTrips {
  #all = []
  #interval = []

  add(ms) {
    this.#all.push(ms)
    this.#interval.push(ms)
  }

  /** Since it was last asked for. */
  interval() {
    const times = this.#interval
    this.#interval = []
    return summary(times)
  }

  /** Since the beginning. */
  all() {
    return summary(this.#all)
  }
}

function summary(times) {
  const sorted = Float64Array.from(times).sort()
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}
