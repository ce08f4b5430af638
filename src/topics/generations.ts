/** What a name costs besides its characters, of two bytes each. */
const NAME_BYTES = 100

/**
 * What was used lately, by name: what nobody asks for between two turns of the generations is forgotten. They also turn when one has
 * grown to `maxBytes`, by its names, since a peer may choose those.
 */
export class Generations<Value> {
  readonly #maxBytes: number
  #young = new Map<string, Value>()
  #youngBytes = 0
  #old = new Map<string, Value>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get isEmpty(): boolean {
    return this.#young.size === 0 && this.#old.size === 0
  }

  get(name: string): Value | undefined {
    const young = this.#young.get(name)
    if (young !== undefined) return young
    const old = this.#old.get(name)
    if (old !== undefined) this.set(name, old)
    return old
  }

  set(name: string, value: Value): void {
    this.#old.delete(name)
    if (!this.#young.has(name)) {
      if (this.#youngBytes + bytesOf(name) > this.#maxBytes) this.turn()
      this.#youngBytes += bytesOf(name)
    }
    this.#young.set(name, value)
  }

  delete(name: string): void {
    this.#old.delete(name)
    if (this.#young.delete(name)) this.#youngBytes -= bytesOf(name)
  }

  turn(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#youngBytes = 0
  }
}

function bytesOf(name: string): number {
  return 2 * name.length + NAME_BYTES
}
