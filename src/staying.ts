import type { Clock } from './clock.ts'
import { inNoContext } from './no-context.ts'
import type { RouteSettings } from './options.ts'
import { toReason } from './payload.ts'
import { CloseCode } from './protocol/close-code.ts'
import { closePayload } from './protocol/frame-writer.ts'
import { type Consequences, Reauthentication } from './reauthentication.ts'
import { BrokerError } from './topics/broker-error.ts'
import { decodeOrder, encodeOrder, type Order } from './topics/order.ts'
import type { TopicHub } from './topics/topic-hub.ts'
import { checkWhich, meaning, type Which } from './which.ts'
import type { Wire } from './wire.ts'

/** So many sockets are asked for at once, and the next after so long: each may be a question to a database. */
const STEP = 100
const STEP_MS = 25

/** IANA, WebSocket Close Code Number Registry */
const UNAUTHORIZED = closePayload(3000, 'Unauthorized')
const UNDECIDED = closePayload(CloseCode.InternalError, '')
const OVERDUE = closePayload(CloseCode.TryAgainLater, 'no answer whether this client may stay')

const GONE = Promise.resolve(false)

/** The app around it. */
export interface StayingHost {
  readonly clock: Clock
  readonly topics: Pick<TopicHub, 'order'>
  /** The open connections. */
  readonly subscribers: Iterable<Wire>
  log(level: 'warn', details: object, message: string): void
  onLimit(name: 'reauthenticateIntervalMs', at: Wire): void
}

/** Which open connections may stay: asks the application for them anew, and closes those that are named, here and in other processes. */
export class Staying implements Consequences<Wire> {
  readonly clock: Clock
  readonly #host: StayingHost
  /** Those of routes with `reauthenticate`. */
  readonly #asking = new Map<Wire, Reauthentication<Wire>>()
  /** A round over all of them: is under way, and one more is to follow. */
  #isRound = false
  #isAnotherDue = false
  /** When somebody was last closed, or asked for. By the clock. */
  #lastAt = -Infinity

  constructor(host: StayingHost) {
    this.clock = host.clock
    this.#host = host
  }

  opened(wire: Wire, settings: RouteSettings, request: unknown): void {
    if (settings.reauthenticate === undefined) return
    this.#asking.set(wire, new Reauthentication(wire, settings, request, this))
  }

  /**
   * Its handshake took `handshakeMs`. Whoever was meant meanwhile could not be found among the open connections: a user who has
   * logged out, say, after the hooks had let them pass.
   */
  askIfMissed(wire: Wire, handshakeMs: number): void {
    if (this.clock.now() - handshakeMs < this.#lastAt) void this.#asking.get(wire)?.ask()
  }

  closed(wire: Wire): void {
    this.#asking.get(wire)?.stop()
    this.#asking.delete(wire)
  }

  /** Whether `wire` may stay. @throws TypeError where its route has no `reauthenticate` */
  ask(wire: Wire): Promise<boolean> {
    if (wire.isOver) return Promise.resolve(false)
    const one = this.#asking.get(wire)
    if (one !== undefined) return one.ask()
    throw new TypeError(
      'sockroute: socket.reauthenticate() needs the option reauthenticate of its route: a function (socket, request) => boolean',
    )
  }

  /** Asks for all of routes with `reauthenticate`. Fulfils with how many may not stay. */
  reauthenticateAll(): Promise<number> {
    this.#lastAt = this.clock.now()
    return this.#askAll([...this.#asking.keys()])
  }

  /** The same for those that are meant. @throws TypeError for what says nothing about that */
  reauthenticate(which: unknown): Promise<number> {
    checkWhich(which, 'reauthenticate(which)')
    const gone = this.#askAll(this.#askable(which))
    return typeof which === 'object' ? this.#everywhere({ do: 'reauthenticate', which }, gone) : gone
  }

  /** Fulfils with how many of this process were closed. @throws TypeError or RangeError for a wrong argument, before anything is closed */
  close(which: unknown, code: unknown, reason: unknown = ''): Promise<number> {
    checkWhich(which, 'close(which, code, reason)')
    const text = toReason(reason).toString()
    const payload = closePayload(requireCode(code), text)
    const count = Promise.resolve(this.#close(which, payload))
    return typeof which === 'object'
      ? this.#everywhere({ do: 'close', which, code: payload.readUInt16BE(), reason: text }, count)
      : count
  }

  onUnauthorized(wire: Wire): void {
    wire.dismiss(UNAUTHORIZED, 'app', 'reauthenticate')
  }

  onUndecided(wire: Wire): void {
    wire.dismiss(UNDECIDED, 'app')
  }

  onOverdue(wire: Wire): void {
    this.#host.onLimit('reauthenticateIntervalMs', wire)
    wire.dismiss(OVERDUE, 'limit', 'reauthenticateIntervalMs')
  }

  /** Another process says who is to go, or to be asked for. */
  onOrder(bytes: Buffer): void {
    try {
      const order = decodeOrder(bytes)
      checkWhich(order.which, 'an order of another process')
      if (order.do === 'close') this.#close(order.which, closePayload(order.code, order.reason))
      else void this.#put(this.#askable(order.which))
    } catch (error) {
      this.#host.log('warn', { err: error }, 'sockroute: what another process has ordered could not be done')
    }
  }

  /** An order may have been lost: it could have been about any of them. */
  onOrdersLost(): void {
    this.#lastAt = this.clock.now()
    this.#isAnotherDue = true
    if (!this.#isRound) void this.#goRound()
  }

  async #goRound(): Promise<void> {
    this.#isRound = true
    while (this.#isAnotherDue) {
      this.#isAnotherDue = false
      void (await this.#put([...this.#asking.keys()])) // the answers are not waited for: one may never come
      if (this.#isAnotherDue) await this.#pause()
    }
    this.#isRound = false
  }

  /** When the broker has taken the order. Rejects with a `BrokerError` when it has not: here it is done in any case. */
  async #everywhere(order: Order, done: Promise<number>): Promise<number> {
    const [count, refusal] = await Promise.all([done, this.#host.topics.order(encodeOrder(order))])
    if (refusal !== undefined) throw new BrokerError(refusal.code, count, refusal.cause)
    return count
  }

  #close(which: Which, payload: Buffer): number {
    return this.#wires(which).filter((wire) => wire.dismiss(payload, 'app')).length
  }

  #askable(which: Which): Wire[] {
    return this.#wires(which).filter((wire) => this.#asking.has(wire))
  }

  /** All have been looked at before anything happens to one. */
  #wires(which: Which): Wire[] {
    this.#lastAt = this.clock.now()
    const isMeant = meaning(which)
    return [...this.#host.subscribers].filter(({ connection }) => isMeant(connection))
  }

  /** Whoever has gone meanwhile does not stay either. */
  async #askAll(wires: readonly Wire[]): Promise<number> {
    const mayStay = await Promise.all(await this.#put(wires))
    return mayStay.filter((may) => !may).length
  }

  /** A few at a time. Fulfils, when the last was put, with the answers. */
  async #put(wires: readonly Wire[]): Promise<Promise<boolean>[]> {
    const answers: Promise<boolean>[] = []
    for (let at = 0; at < wires.length; at += STEP) {
      if (at > 0) await this.#pause()
      answers.push(...wires.slice(at, at + STEP).map((wire) => this.#asking.get(wire)?.ask() ?? GONE))
    }
    return answers
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => inNoContext(() => this.clock.setTimeout(resolve, STEP_MS)))
  }
}

/** Without one it is not this that was meant. @throws TypeError */
function requireCode(code: unknown): number {
  if (typeof code === 'number') return code
  throw new TypeError(`sockroute: close(which, code, reason) takes a close code such as 4001; got ${typeof code}`)
}
