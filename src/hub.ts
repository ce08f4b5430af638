import type { Duplex } from 'node:stream'
import { Budget } from './budget.ts'
import type { Clock } from './clock.ts'
import { Connection, insideOf } from './connection.ts'
import { ConnectionLog } from './connection-log.ts'
import { consoleLogger } from './console-logger.ts'
import type { AppSettings, RouteSettings } from './defaults.ts'
import { type Departing, Drain } from './drain.ts'
import { Heartbeat } from './heartbeat.ts'
import { LimitCounts, type LimitName, type LimitsHit } from './limits.ts'
import { logLine } from './log-line.ts'
import type { Metrics } from './metrics.ts'
import { Observer } from './observer.ts'
import type { AppOptions, DrainOptions, Logger, OnError } from './options.ts'
import { CloseCode } from './protocol/close-code.ts'
import { type Place, Quota } from './quota.ts'
import { proveReadBuffer } from './read-buffer-proof.ts'
import { type Missed, NOTHING } from './recent-orders.ts'
import { appSettings, drainOptions } from './settings.ts'
import { Staying } from './staying.ts'
import { type TopicHost, TopicHub } from './topics/topic-hub.ts'
import type { Upgrade } from './upgrade.ts'
import { type Agreement, Wire } from './wire.ts'
import type { Limited, WireHost } from './wire-host.ts'

/** Evictions come in floods: a line of the log tells of all that this time had. */
const EVICTION_LOG_MS = 1_000
const EVICTED = 'sockroute: all connections together held more than maxTotalBytes; those that held most were closed'

/** What turns an accepted handshake into a connection. */
export interface Opening extends Agreement {
  readonly settings: RouteSettings
  readonly handler: (socket: Connection, request: never) => unknown
  /** The framework's request, for the handler. */
  readonly request: unknown
  /** The server that the connection came through. */
  readonly server: object | undefined
  /** What it holds of the app's quota. */
  readonly place?: Place | undefined
}

/** The open connections of an app, in the order in which they were opened. */
export interface Connections extends Iterable<Connection> {
  readonly size: number
  /** False for one that has ended, and for another app's. */
  has(connection: Connection<unknown>): boolean
}

/** All WebSockets of one app: settings, open connections, handshakes under way, and their end. */
export class Hub implements WireHost, TopicHost {
  readonly settings: AppSettings
  readonly logger: Logger
  /** Whether connections are logged where nothing else is said. */
  readonly logsConnections: boolean
  readonly heartbeat: Heartbeat<Wire>
  readonly budget: Budget
  readonly quota: Quota
  readonly clock: Clock
  readonly connections: Connections
  readonly topics: TopicHub
  readonly observer: Observer
  readonly staying: Staying
  /** Open connections, with the server that each came through. */
  readonly #wires = new Map<Wire, object | undefined>()
  readonly #places = new Map<Wire, Place>()
  readonly #upgrades = new Set<Upgrade>()
  readonly #lingering = new Set<Upgrade>()
  readonly #drains = new Set<Drain>()
  readonly #servers = new Set<object>()
  readonly #closedServers = new WeakSet<object>()
  readonly #limits = new LimitCounts()
  /** Connections that had to go since the last line about it. */
  #evicted = 0
  #closing: Promise<void> | undefined = undefined

  /** `logger` stands in for that of the options, and `logsConnections` says whether connections are logged there. */
  constructor(options: AppOptions, logger: Logger = consoleLogger, logsConnections = false) {
    this.settings = appSettings(options)
    this.logger = this.settings.logger === console ? consoleLogger : (this.settings.logger ?? logger)
    this.logsConnections = this.settings.logger === undefined ? logsConnections : this.logger.info !== undefined
    this.clock = this.settings.clock
    if (this.settings.sharedReadBuffer) void proveReadBuffer()
    this.heartbeat = new Heartbeat<Wire>(this.clock)
    this.budget = new Budget(this.settings.maxTotalBytes, this.heartbeat.members)
    this.quota = new Quota(this.settings)
    this.observer = new Observer(this.clock, new ConnectionLog(this))
    this.connections = listOf(this.#wires)
    this.staying = new Staying(this)
    this.topics = new TopicHub(this, this.settings.broker)
  }

  get subscribers(): Iterable<Wire> {
    return this.#wires.keys()
  }

  /** How often each limit was reached. */
  get limitsHit(): LimitsHit {
    return this.#limits.all
  }

  /** What was counted, and what is, now. */
  metrics(): Metrics {
    return this.observer.metrics(this.#wires.keys(), this.#upgrades.size)
  }

  /** Whether the app, or the one `server` of it, takes no more connections. */
  isClosing(server: object | undefined): boolean {
    return this.#closing !== undefined || (server !== undefined && this.#closedServers.has(server))
  }

  /** `server` brings it connections from now on, for the first time or again. */
  openThrough(server: object): void {
    this.#closedServers.delete(server)
    this.#servers.add(server)
    if (this.#closing === undefined) this.topics.open()
  }

  /** What is against this handshake beside the others under way: the app's end, or a limit that leaves no room. */
  reasonAgainst(upgrade: Upgrade): 'shutdown' | 'maxPendingHandshakes' | 'maxConnectionsPerHttp2Session' | undefined {
    if (this.isClosing(upgrade.server)) return 'shutdown'
    const { maxPendingHandshakes, maxConnectionsPerHttp2Session } = this.settings
    const others = this.#upgrades.size - (this.#upgrades.has(upgrade) ? 1 : 0)
    if (others >= maxPendingHandshakes) return 'maxPendingHandshakes'
    return upgrade.streamsOfSession > maxConnectionsPerHttp2Session ? 'maxConnectionsPerHttp2Session' : undefined
  }

  begin(upgrade: Upgrade): void {
    this.#lingering.delete(upgrade)
    this.#upgrades.add(upgrade)
  }

  /** There is no room for the handshake, or the app is at its end. */
  turnAway(upgrade: Upgrade): void {
    const reason = this.reasonAgainst(upgrade)
    if (reason !== undefined && reason !== 'shutdown') this.onLimit(reason)
    this.linger(upgrade)
    // An answer lingers until its client has ended the stream. Who opens more than that is answered with resets alone.
    if (upgrade.streamsOfSession > 2 * this.settings.maxConnectionsPerHttp2Session) upgrade.terminate()
  }

  /** The handshake will be refused, or has been: it takes nobody's place, and its end is waited for. */
  linger(upgrade: Upgrade): void {
    this.#upgrades.delete(upgrade)
    this.#lingering.add(upgrade)
  }

  /** The handshake is over, well or badly. */
  end(upgrade: Upgrade): void {
    this.#upgrades.delete(upgrade)
    this.#lingering.delete(upgrade)
    this.#gone(upgrade)
  }

  /** Makes `transport`, on which the 101 has gone out, a connection; `missed` was ordered before. */
  open(transport: Duplex, head: Buffer, opening: Opening, upgrade: Upgrade, missed: Missed = NOTHING): Wire {
    const wire = new Wire(transport, opening.settings, this, opening, this.#reporterFor(opening))
    this.#wires.set(wire, opening.server)
    if (opening.place !== undefined) this.#places.set(wire, opening.place)
    this.#upgrades.delete(upgrade)
    this.observer.opened(wire, upgrade)
    this.staying.opened(wire, opening.settings, opening.request)
    for (const drain of this.#drains) drain.onReplaced(upgrade, wire)
    const { handler, request } = opening
    const call = (socket: Connection): unknown => {
      try {
        return handler(socket, request as never) // each adapter passes the request its handlers expect
      } finally {
        if (missed !== NOTHING) this.staying.catchUp(wire, missed) // before the first message
      }
    }
    wire.open(head, call, this.settings.sharedReadBuffer)
    return wire
  }

  /** Ends all connections, and takes no more. Fulfils when the last is gone, and the broker was let go of. */
  close(options: DrainOptions = {}): Promise<void> {
    this.#closing ??= this.#drain(drainOptions(options), () => true).then(() => this.topics.close())
    return this.#closing
  }

  /** The same for those that came through one server of several; with the last goes the broker, until one listens again. */
  async closeThrough(server: object): Promise<void> {
    this.#closedServers.add(server)
    this.#servers.delete(server)
    await this.#drain({}, (through) => through === server)
    if (this.#servers.size === 0) await this.topics.close()
  }

  onHandlerError(error: unknown, connection: Connection): void {
    connection.close(CloseCode.InternalError)
    this.log('error', { err: error }, 'sockroute: a WebSocket handler failed; its connection is closed with 1011')
  }

  onHandlerFailed(wire: Wire, error: unknown): void {
    this.observer.handlerFailed(wire, error)
  }

  onRoundTrip(wire: Wire, rttMs: number): void {
    this.observer.roundTrip(wire, rttMs)
  }

  onClosed(wire: Wire): void {
    this.#wires.delete(wire) // first: from here on it is counted as one that has closed
    this.observer.closed(wire)
    this.staying.closed(wire)
    this.#places.get(wire)?.release()
    this.#places.delete(wire)
  }

  onSettled(wire: Wire): void {
    this.#gone(wire)
  }

  reauthenticate(wire: Wire): Promise<boolean> {
    return this.staying.ask(wire)
  }

  onOrder(bytes: Buffer): void {
    this.staying.onOrder(bytes)
  }

  onOrdersLost(): void {
    this.staying.onOrdersLost()
  }

  onLost(messages: number): void {
    this.log('warn', { messages }, 'sockroute: a client has left, and its last messages were dropped: nobody took them')
  }

  onLimit(name: LimitName, at?: Limited): void {
    this.#limits.hit(name)
    this.observer.limit(name, at)
    if (name === 'maxTotalBytes') this.#onEvicted()
  }

  log(level: 'warn' | 'error', details: object, message: string): void {
    logLine(this.logger, level, details, message)
  }

  async #drain(options: DrainOptions, isConcerned: (server: unknown) => boolean): Promise<void> {
    const wires = [...this.#wires].filter(([, server]) => isConcerned(server)).map(([wire]) => wire)
    const upgrades = [...this.#upgrades, ...this.#lingering].filter(({ server }) => isConcerned(server))
    const ended = this.observer.drain(wires.length, upgrades.length)
    const drain = new Drain([...wires, ...upgrades], { ...this.settings.drain, ...options }, this.clock)
    this.#drains.add(drain)
    await drain.done
    this.#drains.delete(drain)
    ended()
  }

  #gone(member: Departing): void {
    for (const drain of this.#drains) drain.onGone(member)
  }

  /** A request stays alive with its connection only where an `onError` may ask for it. */
  #reporterFor({ settings, request }: Opening): ((error: unknown, connection: Connection) => void) | undefined {
    const { onError } = settings
    return onError && ((error, connection) => this.#report(onError, error, connection, request))
  }

  #onEvicted(): void {
    if (this.#evicted++ > 0) return
    this.clock.setTimeout(() => {
      const { maxTotalBytes } = this.settings
      this.log('warn', { maxTotalBytes, connections: this.#evicted }, EVICTED)
      this.#evicted = 0
    }, EVICTION_LOG_MS)
  }

  #report(onError: OnError, error: unknown, connection: Connection, request: unknown): void {
    const failed = (failure: unknown): void => {
      this.onHandlerError(new AggregateError([failure, error], 'onError itself failed'), connection)
    }
    try {
      const result: unknown = onError(error, connection, request as never) // as in `open`
      Promise.resolve(result).catch(failed)
    } catch (failure) {
      failed(failure)
    }
  }
}

function listOf(wires: ReadonlyMap<Wire, unknown>): Connections {
  return {
    get size() {
      return wires.size
    },
    has: (connection) => connection instanceof Connection && wires.has(insideOf(connection) as Wire), // another is not there
    *[Symbol.iterator]() {
      for (const wire of wires.keys()) yield wire.connection
    },
  }
}
