/** Told when the fate of a message is known. */
export type SendCallback = (error?: Error | null) => void

/** Who waits until how many bytes are written. */
export class Receipts {
  #waiting: { readonly at: number; readonly callback: SendCallback }[] = []

  /** `callback` is called when `at` bytes are written in all; nobody waits for fewer than who came before. */
  add(at: number, callback: SendCallback): void {
    this.#waiting.push({ at, callback })
  }

  /** So many bytes are written in all. */
  settle(writtenBytes: number): void {
    const next = this.#waiting.findIndex(({ at }) => at > writtenBytes)
    const done = this.#waiting.splice(0, next < 0 ? this.#waiting.length : next)
    for (const { callback } of done) callback()
  }

  /** What was said of `from` bytes, and of more, is now said of so many `more`. */
  move(from: number, more: number): void {
    this.#waiting = this.#waiting.map(({ at, callback }) => ({ at: at < from ? at : at + more, callback }))
  }

  /** No more bytes will be written. */
  drop(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { callback } of waiting) callback(error)
  }
}
