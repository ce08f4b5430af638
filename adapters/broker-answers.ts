import type { Life } from './broker-link.ts'

/** How often in its time a broker is looked at. A process that was busy itself looks once afterwards, and has not been waiting. */
const LOOKS = 5

/**
 * Notices a broker that answers nothing any more, and ends the connection then. One timer for all questions: with one each, most
 * of what a message costs would be its timer.
 */
export class Answers {
  readonly #life: Life
  #awaited = 0
  #hasCome = false
  #looksInVain = 0

  constructor(life: Life, timeoutMs: number) {
    this.#life = life
    const timer = setInterval(() => this.#look(timeoutMs), timeoutMs / LOOKS)
    life.signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }

  /** The same answer, when it has been counted. */
  expect<T>(answer: Promise<T>): Promise<T> {
    if (this.#awaited++ === 0) this.#looksInVain = 0
    return answer.then(
      (value) => {
        this.#came()
        return value
      },
      (error) => {
        this.#came()
        throw error
      },
    )
  }

  #came(): void {
    this.#awaited--
    this.#hasCome = true
  }

  #look(timeoutMs: number): void {
    this.#looksInVain = this.#awaited === 0 || this.#hasCome ? 0 : this.#looksInVain + 1
    this.#hasCome = false
    if (this.#looksInVain >= LOOKS) this.#life.abort(new Error(`no answer for ${timeoutMs} ms`))
  }
}
