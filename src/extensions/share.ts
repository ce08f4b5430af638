/** What all connections together may spend in one turn of the event loop, so that many small shares are no long turn. */
export class Share {
  /** How many turns are over in which something was spent. */
  turns = 0
  readonly #mostBytes: number
  readonly #atTurnEnd: (task: () => void) => void
  #spentBytes = 0
  #isCounting = false

  constructor(mostBytes: number, atTurnEnd: (task: () => void) => void = setImmediate) {
    this.#mostBytes = mostBytes
    this.#atTurnEnd = atTurnEnd
  }

  get isSpent(): boolean {
    return this.#spentBytes >= this.#mostBytes
  }

  spend(bytes: number): void {
    this.#spentBytes += bytes
    if (this.#isCounting) return
    this.#isCounting = true
    this.#atTurnEnd(this.#reset)
  }

  readonly #reset = (): void => {
    this.turns++
    this.#spentBytes = 0
    this.#isCounting = false
  }
}
