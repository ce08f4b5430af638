import type { Clock } from '../clock.ts'
import { CHANNELS } from '../diagnostics.ts'
import type { PreparedMessage } from '../prepared.ts'
import { RareLog } from '../rare-log.ts'
import type { AppTopics } from './app-topics.ts'
import type { Broker } from './broker.ts'
import { Calendar } from './calendar.ts'
import { GapNotices } from './gap-notices.ts'
import { ORDERS } from './order.ts'
import { Relay, type RelayOwner } from './relay.ts'
import type { Subscriber } from './subscriber.ts'
import type { TopicTable } from './topic-table.ts'
import type { Degraded, Restored, TopicCounts } from './topics.ts'

/** Counts that grow. */
export type Counting = { -readonly [Name in keyof TopicCounts]: number }

/** The app around the topics, as far as other processes are concerned. */
export interface RemoteHost {
  readonly clock: Clock
  log(level: 'warn' | 'error', details: object, message: string): void
  /** Another process tells this one what to do. */
  onOrder(bytes: Buffer): void
  /** Something of that may have been lost. */
  onOrdersLost(): void
  /** All sockets. */
  readonly subscribers: Iterable<Subscriber>
}

/** The topics of this process, as other processes see them. */
export interface LocalTopics {
  readonly table: TopicTable<Subscriber>
  readonly counts: Counting
  readonly view: AppTopics
  readonly listeners: Iterable<Subscriber>
  deliver(topic: string, message: PreparedMessage): void
}

/** Joins the topics of this process to the relay, and tells the application what the relay finds. */
export class RemoteTopics implements RelayOwner {
  readonly clock: Clock
  readonly relay: Relay
  readonly #broker: Broker
  readonly #local: LocalTopics
  readonly #host: RemoteHost
  readonly #notices: GapNotices
  readonly #rareLog: RareLog
  readonly #calendar: Calendar

  /** @throws what the driver throws for a wrong setting */
  constructor(broker: Broker, local: LocalTopics, host: RemoteHost) {
    this.clock = host.clock
    this.#broker = broker
    this.#local = local
    this.#host = host
    this.#calendar = new Calendar(host.clock)
    this.#rareLog = new RareLog(host.clock, (details, message) => host.log('warn', details, message))
    this.#notices = new GapNotices({
      all: () => [...host.subscribers, ...local.listeners],
      of: (topic) => local.table.list(topic),
    })
    this.relay = new Relay(broker, this)
  }

  isWanted(topic: string): boolean {
    return this.#local.table.has(topic)
  }

  wanted(): Iterable<string> {
    return this.#local.table.names()
  }

  deliver(topic: string, message: PreparedMessage): void {
    this.#local.deliver(topic, message)
  }

  onOrder(bytes: Buffer): void {
    this.#host.onOrder(bytes)
  }

  count(what: 'relayed' | 'rejected' | 'received'): void {
    this.#local.counts[what]++
  }

  onGap(from: number, to: number, topic: string): void {
    this.#local.counts.gaps++
    CHANNELS['sockroute:broker:gap'].publish({ broker: this.#broker.name, topic })
    this.#notices.announce(this.#calendar.span(from, to), topic)
    if (topic === ORDERS) this.#host.onOrdersLost()
  }

  onDegraded(event: Degraded): void {
    const details = { err: event.error, broker: this.#broker.name, reason: event.reason }
    this.#host.log('warn', details, 'sockroute: the broker cannot be reached; topics are those of this process alone')
    CHANNELS['sockroute:broker:degraded'].publish({ broker: this.#broker.name, reason: event.reason })
    this.#emit('degraded', event)
  }

  onRestored(reason: Restored['reason'] | 'start', from: number, to: number): void {
    const span = this.#calendar.span(from, to)
    this.#notices.announce(span)
    this.#host.onOrdersLost()
    if (reason === 'start') return // nobody has been told of anything yet
    this.#local.counts.gaps++
    const details = { broker: this.#broker.name, reason, missedMs: Math.round(to - from) }
    this.#host.log('warn', details, 'sockroute: the broker is there again')
    CHANNELS['sockroute:broker:restored'].publish({ broker: this.#broker.name, reason })
    this.#emit('restored', { reason, ...span })
  }

  warn(details: object, message: string): void {
    this.#rareLog.warn(details, message)
  }

  /** A listener of the application's that fails must not fail the relay. */
  #emit(event: 'degraded' | 'restored', value: Degraded | Restored): void {
    try {
      this.#local.view.emit(event, value)
    } catch (error) {
      this.#host.log('error', { err: error }, `sockroute: a listener for '${event}' of topics failed`)
    }
  }
}
