import { setMaxListeners } from 'node:events'
import type { BrokerSink } from '../src/adapter.ts'

/** The first wait before connecting anew, the longest, and how much of each is chance: processes that lost the broker together do not come back together. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2_000
const JITTER = 0.5

/**
 * One connection, from the first attempt to its end. Whoever sees it fail aborts it with the reason, and everybody who holds a
 * part of it listens: a connection is never mended, so that nothing of it comes late.
 */
export type Life = AbortController

/** Connects once. It rejects when it cannot, and lets go of everything when `life` is aborted, before or after it fulfils. */
export type Connect<C> = (life: Life) => Promise<C>

/** One connection to a broker after another, until it is closed. */
export class Link<C> {
  readonly #name: string
  readonly #timeoutMs: number
  readonly #connect: Connect<C>
  #sink: BrokerSink | undefined
  #life: Life | undefined
  #current: C | undefined
  #why: Error
  #failures = 0
  #isToldDown = false
  #timer: NodeJS.Timeout | undefined

  /** A connection that is not there after `timeoutMs` is given up. */
  constructor(name: string, timeoutMs: number, connect: Connect<C>) {
    this.#name = name
    this.#timeoutMs = timeoutMs
    this.#connect = connect
    this.#why = new Error(`${name}: not started`)
  }

  start(sink: BrokerSink): void {
    if (this.#sink !== undefined)
      throw new TypeError(`sockroute: this broker (${this.#name}) serves an app already: make one for each app`)
    this.#sink = sink
    this.#why = new Error(`${this.#name}: not connected yet`)
    this.#isToldDown = false
    this.#begin()
  }

  /** The connection. Throws while there is none: the same error for all who ask during one outage. */
  get current(): C {
    if (this.#current === undefined) throw this.#why
    return this.#current
  }

  /** Tells a message of the connection that lives; what others still bring is nobody's any more. */
  tell(life: Life, topic: string, envelope: Uint8Array): void {
    if (!life.signal.aborted) this.#sink?.onMessage(topic, envelope)
  }

  close(): void {
    this.#sink = undefined
    clearTimeout(this.#timer)
    this.#why = new Error(`${this.#name}: closed`)
    this.#current = undefined
    this.#life?.abort(this.#why)
  }

  #begin(): void {
    const life = new AbortController()
    setMaxListeners(0, life.signal) // a connection may have many parts
    this.#life = life
    this.#timer = setTimeout(() => life.abort(new Error(`no connection within ${this.#timeoutMs} ms`)), this.#timeoutMs)
    life.signal.addEventListener('abort', () => this.#ended(life.signal.reason as Error), { once: true })
    this.#connect(life).then(
      (connection) => this.#connected(life, connection),
      (error: Error) => life.abort(error),
    )
  }

  #connected(life: Life, connection: C): void {
    if (life.signal.aborted) return
    clearTimeout(this.#timer)
    this.#current = connection
    this.#failures = 0
    this.#isToldDown = false
    this.#sink?.onUp()
  }

  #ended(reason: Error): void {
    if (this.#sink === undefined) return
    clearTimeout(this.#timer)
    this.#current = undefined
    this.#why = new Error(`${this.#name} cannot be reached: ${reason.message}`, { cause: reason })
    this.#timer = setTimeout(() => this.#begin(), this.#waitMs())
    if (this.#isToldDown) return
    this.#isToldDown = true
    this.#sink.onDown(this.#why)
  }

  #waitMs(): number {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++)
    return wait * (1 - JITTER * Math.random())
  }
}
