import type { Clock, Timer } from './clock.ts'
import type { ClosedBy } from './diagnostics-events.ts'
import type { DrainOptions } from './options.ts'
import { closePayload } from './protocol/frame-writer.ts'

/** Something that shutdown has to see the end of: an open connection, or a handshake under way. */
export interface Departing {
  /** Asks it to end by itself. `goodbye` is the payload of a close frame. */
  depart(goodbye: Buffer): void
  terminate(by: ClosedBy): void
}

/** Under this many connections there is no herd to hold back: all are closed at once. */
const SPREAD_FROM = 100
const STEP_MS = 25
/** After the deadline nothing is waited for longer than this. */
const GIVE_UP_MS = 1_000

/**
 * Ends connections as a shutdown does: each is told to go away, many of them spread over a window so that their clients
 * do not come back all at once, and what is left at the deadline is terminated. RFC 6455 §7.4.1
 */
export class Drain {
  /** Fulfils when all are gone. */
  readonly done: Promise<void>
  readonly #left: Set<Departing>
  readonly #goodbye: Buffer
  readonly #clock: Clock
  readonly #timers: Timer[] = []
  #finish: () => void = () => undefined

  constructor(members: Iterable<Departing>, options: Required<DrainOptions>, clock: Clock) {
    this.#left = new Set(members)
    this.#goodbye = closePayload(options.code, '')
    this.#clock = clock
    this.done = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.#begin(options)
    this.#finishIfEmpty()
  }

  /** To be called whenever a member is gone. */
  onGone(member: Departing): void {
    if (this.#left.delete(member)) this.#finishIfEmpty()
  }

  /** A handshake that was under way has become a connection. */
  onReplaced(old: Departing, member: Departing): void {
    if (!this.#left.delete(old)) return
    this.#left.add(member)
    member.depart(this.#goodbye)
  }

  #begin({ spreadMs, deadlineMs }: Required<DrainOptions>): void {
    const waiting = [...this.#left]
    const steps = waiting.length < SPREAD_FROM ? 1 : Math.max(1, Math.floor(spreadMs / STEP_MS))
    const share = Math.ceil(waiting.length / steps)
    const next = (): void => {
      for (const member of waiting.splice(0, share)) member.depart(this.#goodbye)
    }
    next()
    if (waiting.length > 0) this.#timers.push(this.#clock.setInterval(next, STEP_MS))
    this.#timers.push(this.#clock.setTimeout(() => this.#terminate(), deadlineMs, true))
  }

  #terminate(): void {
    for (const member of this.#left) member.terminate('shutdown')
    this.#timers.push(this.#clock.setTimeout(() => this.#giveUp(), GIVE_UP_MS, true))
  }

  #giveUp(): void {
    this.#left.clear()
    this.#finishIfEmpty()
  }

  #finishIfEmpty(): void {
    if (this.#left.size > 0) return
    for (const timer of this.#timers) timer.cancel()
    this.#finish()
  }
}
