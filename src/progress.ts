/** Notices when something that should go on stands still. Times are the heartbeat's. */
export class Progress {
  #since: number
  #seen: number

  /** `total` is how far it has come already. */
  constructor(now: number, total: number) {
    this.#since = now
    this.#seen = total
  }

  /** How long it had stood still when it was last looked at. */
  ageMs(now: number): number {
    return now - this.#since
  }

  /** How long `total` has now failed to grow by `least`. */
  stalledMs(now: number, total: number, least: number): number {
    if (total - this.#seen >= least) {
      this.#since = now
      this.#seen = total
    }
    return now - this.#since
  }
}
