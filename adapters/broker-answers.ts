import type { Life } from './broker-link.ts'

/** How often in its time a broker is looked at. A process that was busy itself looks once afterwards, and has not been waiting. */
const LOOKS = 5

/**
 * Notices a broker that says nothing any more, and ends the connection then: one that has been silent for the time is asked
 * something, if nothing is asked anyway. One timer for all questions: with one each, most of what a message costs would be its timer.
 */
export class Answers {
  readonly #life: Life
  readonly #timeoutMs: number
  readonly #ask: () => Promise<unknown>
  #awaited = 0
  #hasCome = false
  #looksInVain = 0

  constructor(life: Life, timeoutMs: number, ask: () => Promise<unknown>) {
    this.#life = life
    this.#timeoutMs = timeoutMs
    this.#ask = ask
    const timer = setInterval(() => this.#look(), timeoutMs / LOOKS)
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

  /** Whatever comes is a sign of life: an answer may wait behind much else. */
  heard(): void {
    this.#hasCome = true
  }

  #came(): void {
    this.#awaited--
    this.#hasCome = true
  }

  #look(): void {
    const isSilent = !this.#hasCome
    this.#hasCome = false
    this.#looksInVain = isSilent ? this.#looksInVain + 1 : 0
    if (this.#looksInVain < LOOKS) return
    if (this.#awaited > 0) this.#life.abort(new Error(`no answer for ${this.#timeoutMs} ms`))
    else this.expect(this.#ask()).catch(() => undefined) // whatever it is, it is an answer
  }
}
