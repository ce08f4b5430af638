import type { Connection } from './connection.ts'
import { RECENT_ORDERS } from './process-wide.ts'

/**
 * So many are remembered: as many as there may be handshakes under way, since each may give one when it opens, to close what its user
 * has open elsewhere. Who has missed more cannot be told what they were.
 */
export const MOST_ORDERS = 10_000

/** Something that was ordered for some sockets, as far as one that opens later has to know. */
export interface RecentOrder {
  /** Whose sockets: several apps may be on one server, and a handshake goes from one to the next. */
  readonly by: object
  /** That some were to be closed, and how; else they were to be asked for. */
  readonly close?: { readonly isMeant: (socket: Connection) => boolean; readonly payload: Buffer }
}

interface Kept {
  readonly order: RecentOrder
  /** How many handshakes that are under way have begun between the order before and this one. */
  waiting: number
}

/** What was ordered during one handshake, unless that was too much to be remembered. */
export type Missed = readonly RecentOrder[] | 'forgotten'

/** What most have missed. */
export const NOTHING: Missed = []

/**
 * What was ordered while handshakes were under way. An order looks at open connections; whoever is between the hooks and the 101 opens
 * afterwards, and has to be told then. Each order is kept as long as a handshake that was under way when it came, and no longer.
 */
export class RecentOrders {
  readonly #most: number
  #kept: Kept[] = []
  /** The number of the first that is kept: they are numbered as they come. */
  #first = 0
  /** How many handshakes that are under way have begun since the last order. */
  #begun = 0
  /** The number behind the last that was forgotten of one app's. */
  readonly #forgotten = new WeakMap<object, number>()

  constructor(most = MOST_ORDERS) {
    this.#most = most
  }

  get size(): number {
    return this.#kept.length
  }

  /** A handshake is under way from now on. Returns what it has to show for it: the number of the next order. */
  begin(): number {
    this.#begun++
    return this.#first + this.#kept.length
  }

  /** It is not under way any more. */
  end(since: number): void {
    const at = this.#at(since)
    if (at < this.#kept.length) this.#kept[at].waiting--
    else this.#begun--
    while (this.#kept[0]?.waiting === 0) {
      this.#kept.shift()
      this.#first++
    }
  }

  add(order: RecentOrder): void {
    if (this.#begun === 0 && this.#kept.length === 0) return
    this.#kept.push({ order, waiting: this.#begun })
    this.#begun = 0
    if (this.#kept.length > this.#most) this.#forgetFirst()
  }

  /** What a handshake that is still under way has missed of what was ordered `by` the app in which it is now. */
  since(since: number, by: object): Missed {
    if (since < (this.#forgotten.get(by) ?? 0)) return 'forgotten'
    const at = this.#at(since)
    if (at === this.#kept.length) return NOTHING
    const missed = this.#kept.slice(at).filter(({ order }) => order.by === by)
    return missed.length === 0 ? NOTHING : missed.map(({ order }) => order)
  }

  /** Where the first stands that a handshake has missed, of those that are kept. */
  #at(since: number): number {
    return Math.max(0, since - this.#first)
  }

  /** Whoever waits for it waits for those behind it as well. */
  #forgetFirst(): void {
    const [{ order, waiting }, next] = this.#kept
    next.waiting += waiting
    this.#kept.shift()
    this.#first++
    this.#forgotten.set(order.by, this.#first)
  }
}

const shared = globalThis as { [RECENT_ORDERS]?: RecentOrders }
shared[RECENT_ORDERS] ??= new RecentOrders()

/** Of all apps of the process: a handshake may come from one to the next, of another copy of this package. */
export const recentOrders: RecentOrders = shared[RECENT_ORDERS]
