/** What was used lately, by name: what nobody asks for between two turns of the generations is forgotten. */
export class Generations<Value> {
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  get isEmpty(): boolean {
    return this.#young.size === 0 && this.#old.size === 0
  }

  get(name: string): Value | undefined {
    const young = this.#young.get(name)
    if (young !== undefined) return young
    const old = this.#old.get(name)
    if (old === undefined) return undefined
    this.#old.delete(name)
    this.#young.set(name, old)
    return old
  }

  set(name: string, value: Value): void {
    this.#young.set(name, value)
    this.#old.delete(name)
  }

  delete(name: string): void {
    this.#young.delete(name)
    this.#old.delete(name)
  }

  turn(): void {
    this.#old = this.#young
    this.#young = new Map()
  }
}
