import type { Clock, Timer } from './clock.ts'
import type { Connection } from './connection.ts'
import type { RouteSettings } from './defaults.ts'
import { inNoContext } from './no-context.ts'

/** What it asks of, and tells, the connection. Implemented by `Wire`. */
export interface Resident {
  readonly connection: Connection
  readonly isOpen: boolean
  /** Its transport is gone. */
  readonly isOver: boolean
  /** Calls the application's code; what that throws goes where handlers' errors go. Returns whether all went well. */
  call(listener: (...args: never[]) => unknown, args: unknown[]): boolean | Promise<boolean>
}

/** What then happens; the same for all connections. */
export interface Consequences<Member> {
  readonly clock: Clock
  /** The application does not let it stay. */
  onUnauthorized(member: Member): void
  /** The application has failed to say. */
  onUndecided(member: Member): void
  /** It has not answered for a whole interval. */
  onOverdue(member: Member): void
}

/** What of a route's options is about it. */
type Settings = Pick<RouteSettings, 'reauthenticate' | 'reauthenticateIntervalMs'>

const NO = Promise.resolve(false)
const nobody = (): void => undefined

/** Asks the application whether one connection may stay: at each interval, and whenever somebody wants to know. One at a time. */
export class Reauthentication<Member extends Resident> {
  readonly #member: Member
  readonly #settings: Settings
  readonly #consequences: Consequences<Member>
  /** The framework's. */
  #request: unknown
  #timer: Timer | undefined = undefined
  /** While the application is at it. */
  #asked: Promise<boolean> | undefined = undefined
  #answer: (mayStay: boolean) => void = nobody
  /** Whoever asks meanwhile gets the answer to a question of its own, put when this one is answered: what they know is newer. */
  #next: Promise<boolean> | undefined = undefined
  /** The question that was open at the last interval. */
  #openBefore: Promise<boolean> | undefined = undefined

  constructor(member: Member, settings: Settings, request: unknown, consequences: Consequences<Member>) {
    this.#member = member
    this.#settings = settings
    this.#consequences = consequences
    this.#request = request
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
    if (!this.#member.isOpen) return NO
    this.#asked = new Promise((resolve) => {
      this.#answer = resolve
    })
    this.#put(this.#answer)
    return this.#asked
  }

  #put(answer: (mayStay: boolean) => void): void {
    let mayStay = false
    // Not an async function: it would hold the request for as long as the answer takes, be it for ever.
    const ask = (socket: Connection, request: never): Promise<void> =>
      Promise.resolve(this.#settings.reauthenticate?.(socket, request)).then((said) => {
        mayStay = checked(said)
      })
    const outcome = this.#member.call(ask, [this.#member.connection, this.#request])
    void Promise.resolve(outcome).then((hasAnswered) => {
      this.#asked = undefined
      if (!mayStay && !this.#member.isOver) this.#refuse(hasAnswered) // closing already, it may still send
      answer(mayStay && this.#member.isOpen)
    })
  }

  #refuse(hasAnswered: boolean): void {
    if (hasAnswered) this.#consequences.onUnauthorized(this.#member)
    else this.#consequences.onUndecided(this.#member)
  }

  /** Less a random tenth, so that what opened together is not asked for together for ever. */
  #schedule(): void {
    const { reauthenticateIntervalMs } = this.#settings
    if (reauthenticateIntervalMs === Infinity) return
    const ms = reauthenticateIntervalMs * (1 - Math.random() / 10)
    this.#timer = inNoContext(() => this.#consequences.clock.setTimeout(() => this.#onInterval(), ms))
  }

  #onInterval(): void {
    if (!this.#member.isOpen) return // nor is one needed that would come after it
    if (this.#asked !== undefined && this.#asked === this.#openBefore) {
      this.#consequences.onOverdue(this.#member)
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
