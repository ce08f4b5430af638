import type { Clock, Timer } from './clock.ts'
import type { Connection } from './connection.ts'
import { inNoContext } from './no-context.ts'
import type { Reauthenticate } from './options.ts'

/** What it asks of, and tells, the connection. Implemented by `Wire`. */
export interface Resident {
  readonly connection: Connection
  readonly isOpen: boolean
  /** Calls the application's code; what that throws goes where handlers' errors go. Returns whether all went well. */
  call(listener: (...args: never[]) => unknown, args: unknown[]): boolean | Promise<boolean>
}

/** What then happens. */
export interface Consequences {
  /** The application does not let it stay. */
  onUnauthorized(): void
  /** The application has failed to say. */
  onUndecided(): void
  /** It has not answered for a whole interval. */
  onOverdue(): void
}

const NO = Promise.resolve(false)

/** Asks the application whether one connection may stay: at each interval, and whenever somebody wants to know. One at a time. */
export class Reauthentication {
  readonly #resident: Resident
  readonly #reauthenticate: Reauthenticate
  #request: unknown
  readonly #consequences: Consequences
  readonly #intervalMs: number
  readonly #clock: Clock
  #timer: Timer | undefined = undefined
  /** While the application is at it. */
  #asked: Promise<boolean> | undefined = undefined
  #answer: (mayStay: boolean) => void = () => undefined
  /** Whoever asks meanwhile gets the answer to a question of its own, put when this one is answered: what they know is newer. */
  #next: Promise<boolean> | undefined = undefined
  /** The question that was open at the last interval. */
  #openBefore: Promise<boolean> | undefined = undefined

  constructor(
    resident: Resident,
    [reauthenticate, request]: readonly [Reauthenticate, request: unknown],
    consequences: Consequences,
    { reauthenticateIntervalMs }: { readonly reauthenticateIntervalMs: number },
    clock: Clock,
  ) {
    this.#resident = resident
    this.#reauthenticate = reauthenticate
    this.#request = request
    this.#consequences = consequences
    this.#intervalMs = reauthenticateIntervalMs
    this.#clock = clock
    this.#schedule()
  }

  /** Fulfils with whether it may stay; with false also when it is gone. It never rejects. */
  ask(): Promise<boolean> {
    if (this.#next !== undefined) return this.#next
    if (this.#asked === undefined) return this.#begin()
    this.#next = this.#asked.then(() => this.#begin())
    return this.#next
  }

  /** The connection is gone: nobody is asked any more, and whoever waits is told. */
  stop(): void {
    this.#timer?.cancel()
    this.#request = undefined
    this.#answer(false)
  }

  #begin(): Promise<boolean> {
    this.#next = undefined
    if (!this.#resident.isOpen) return NO
    this.#asked = new Promise((resolve) => {
      this.#answer = resolve
    })
    this.#put(this.#answer)
    return this.#asked
  }

  #put(answer: (mayStay: boolean) => void): void {
    let mayStay = false
    const ask = async (socket: Connection, request: never): Promise<void> => {
      mayStay = checked(await this.#reauthenticate(socket, request))
    }
    const outcome = this.#resident.call(ask, [this.#resident.connection, this.#request])
    void Promise.resolve(outcome).then((hasAnswered) => {
      this.#asked = undefined
      if (this.#resident.isOpen && !mayStay) this.#refuse(hasAnswered)
      answer(mayStay && this.#resident.isOpen)
    })
  }

  #refuse(hasAnswered: boolean): void {
    if (hasAnswered) this.#consequences.onUnauthorized()
    else this.#consequences.onUndecided()
  }

  /** Less a random tenth, so that what opened together is not asked for together for ever. */
  #schedule(): void {
    if (this.#intervalMs === Infinity) return
    const ms = this.#intervalMs * (1 - Math.random() / 10)
    this.#timer = inNoContext(() => this.#clock.setTimeout(() => this.#onInterval(), ms))
  }

  #onInterval(): void {
    if (this.#asked !== undefined && this.#asked === this.#openBefore) {
      this.#consequences.onOverdue()
      this.#answer(false)
      return
    }
    if (this.#asked === undefined) void this.ask()
    this.#openBefore = this.#asked
    this.#schedule()
  }
}

/** What is not said is no yes: a function that forgets its `return` lets nobody stay. */
function checked(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new TypeError(`reauthenticate returns true or false, or a promise of one; got ${typeof answer}`)
}
