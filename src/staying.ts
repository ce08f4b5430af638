import type { Clock } from './clock.ts'
import type { Connection } from './connection.ts'
import type { RouteSettings } from './defaults.ts'
import { fewAtATime, pause } from './few-at-a-time.ts'
import { requireCode, toReason } from './payload.ts'
import { CloseCode } from './protocol/close-code.ts'
import { closePayload } from './protocol/frame-writer.ts'
import { RareLog } from './rare-log.ts'
import { type Consequences, Reauthentication } from './reauthentication.ts'
import { type Missed, MOST_ORDERS, recentOrders } from './recent-orders.ts'
import { BrokerError } from './topics/broker-error.ts'
import { decodeOrder, encodeOrder, type Order } from './topics/order.ts'
import type { TopicHub } from './topics/topic-hub.ts'
import { checkWhich, meaning, type Which } from './which.ts'
import type { Wire } from './wire.ts'

/** IANA, WebSocket Close Code Number Registry */
const UNAUTHORIZED = closePayload(3000, 'Unauthorized')
const UNDECIDED = closePayload(CloseCode.InternalError, '')
const OVERDUE = closePayload(CloseCode.TryAgainLater, 'no answer whether this client may stay')

const UNKNOWN = closePayload(CloseCode.TryAgainLater, 'it is not known whether this client may stay')

const FORGOTTEN = `sockroute: more than ${MOST_ORDERS} orders came during a handshake; whoever cannot be asked for is closed with 1013`
const UNSAID =
  'sockroute: the function that says which sockets are meant failed for one that opened afterwards; it is closed with 1011'

const GONE = Promise.resolve(false)

/** The app around it. */
export interface StayingHost {
  readonly clock: Clock
  readonly topics: Pick<TopicHub, 'order'>
  /** The open connections. */
  readonly subscribers: Iterable<Wire>
  log(level: 'warn' | 'error', details: object, message: string): void
  onLimit(name: 'reauthenticateIntervalMs', at: Wire): void
}

/** Which open connections may stay: asks the application for them anew, and closes those that are named, here and in other processes. */
export class Staying implements Consequences<Wire> {
  readonly clock: Clock
  readonly #host: StayingHost
  readonly #rareLog: RareLog
  /** Those of routes with `reauthenticate`. */
  readonly #asking = new Map<Wire, Reauthentication<Wire>>()
  /** A round over all of them: is under way, and one more is to follow. */
  #isRound = false
  #isAnotherDue = false

  constructor(host: StayingHost) {
    this.clock = host.clock
    this.#host = host
    this.#rareLog = new RareLog(host.clock, (details, message) => host.log('warn', details, message))
  }

  opened(wire: Wire, settings: RouteSettings, request: unknown): void {
    if (settings.reauthenticate === undefined) return
    this.#asking.set(wire, new Reauthentication(wire, settings, request, this))
  }

  /**
   * `missed` was ordered during its handshake, when nobody could find it among the open connections: a user has logged out, say, after the
   * hooks had let them pass. Who is not closed is asked for, since its `data` may not say yet who it is.
   */
  catchUp(wire: Wire, missed: Missed): void {
    const isForgotten = missed === 'forgotten'
    try {
      const closing = isForgotten ? undefined : missed.find(({ close }) => close?.isMeant(wire.connection))?.close
      if (closing !== undefined) wire.dismiss(closing.payload, 'app')
      else if (this.#asking.has(wire)) void this.ask(wire)
      else if (isForgotten) {
        this.#rareLog.warn({}, FORGOTTEN) // any of them may have been about it
        wire.dismiss(UNKNOWN, 'app')
      }
    } catch (error) {
      this.#host.log('error', { err: error }, UNSAID)
      wire.dismiss(UNDECIDED, 'app')
    }
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
    recentOrders.add({ by: this })
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
    recentOrders.add({ by: this })
    this.#isAnotherDue = true
    if (!this.#isRound) void this.#goRound()
  }

  async #goRound(): Promise<void> {
    this.#isRound = true
    while (this.#isAnotherDue) {
      this.#isAnotherDue = false
      void (await this.#put([...this.#asking.keys()])) // the answers are not waited for: one may never come
      if (this.#isAnotherDue) await pause(this.clock)
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
    const isMeant = meaning(which)
    const wires = this.#wires(isMeant)
    recentOrders.add({ by: this, close: { isMeant, payload } })
    return wires.filter((wire) => wire.dismiss(payload, 'app')).length
  }

  #askable(which: Which): Wire[] {
    const wires = this.#wires(meaning(which))
    recentOrders.add({ by: this })
    return wires.filter((wire) => this.#asking.has(wire))
  }

  /** All have been looked at before anything happens to one, or is remembered. */
  #wires(isMeant: (socket: Connection) => boolean): Wire[] {
    return [...this.#host.subscribers].filter(({ connection }) => isMeant(connection))
  }

  /** Whoever has gone meanwhile does not stay either. */
  async #askAll(wires: readonly Wire[]): Promise<number> {
    const mayStay = await Promise.all(await this.#put(wires))
    return mayStay.filter((may) => !may).length
  }

  /** Fulfils, when the last was put, with the answers. */
  #put(wires: readonly Wire[]): Promise<Promise<boolean>[]> {
    return fewAtATime(this.clock, wires, (wire) => this.#asking.get(wire)?.ask() ?? GONE)
  }
}
