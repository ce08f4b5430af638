/** Told when the fate of a message is known. */
export type SendCallback = (error?: Error | null) => void

/** What a callback is charged while it waits: empty messages would have half a million of them held for 1 MiB. */
const CALLBACK_COST = 240

/** Who waits until what is written. */
export class Receipts {
  #waiting: { readonly at: number; readonly callback: SendCallback }[] = []

  /** What those cost that wait. */
  get bytes(): number {
    return this.#waiting.length * CALLBACK_COST
  }

  /** `callback` is called when all up to position `at` is written; nobody waits for less than who came before. */
  add(at: number, callback: SendCallback): void {
    this.#waiting.push({ at, callback })
  }

  /** All up to `position` is written. */
  settle(position: number): void {
    const next = this.#waiting.findIndex(({ at }) => at > position)
    const done = this.#waiting.splice(0, next < 0 ? this.#waiting.length : next)
    for (const { callback } of done) callback()
  }

  /** Nothing more will be written. `why` is asked where somebody waits: an error's stack costs more than the rest. */
  drop(why: () => Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { callback } of waiting) callback(why())
  }
}
