import { hostname } from 'node:os'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { AppVerbs, Clock, Connection, ConnectionClosedEvent, Timer } from '../src/adapter.ts'
import { Feed, type FeedOwner, type Happened } from './inspector-feed.ts'
import type { Handshakes } from './inspector-handshakes.ts'
import type { HandshakeHeads, Hello, Totals } from './inspector-messages.ts'
import type { Numbers } from './inspector-numbers.ts'
import type { Origin, Sample } from './inspector-sample.ts'
import { Selection } from './inspector-selection.ts'
import { type Sums, Survey } from './inspector-survey.ts'
import { Visitor, type VisitorHost } from './inspector-visitor.ts'

const TICK_MS = 1_000
const MOST_ROWS = 200
/** Seconds that a page sees which comes later than another. */
const MOST_HISTORY = 120
/** How often the event loop is asked whether it is late. */
const RESOLUTION_MS = 10

export interface InspectionSettings {
  readonly showPayloads: boolean
  readonly maxFramesPerSecond: number
  readonly clock: Clock
}

/** All that is looked at while a page is open, for all pages together. It ends with the last of them. */
export class Inspection implements FeedOwner, VisitorHost {
  readonly clock: Clock
  readonly showPayloads: boolean
  readonly maxFramesPerSecond: number
  readonly #ws: AppVerbs
  readonly #handshakes: Handshakes
  readonly numbers: Numbers
  readonly #visitors = new Map<Connection<unknown>, Visitor>()
  readonly #survey: Survey
  readonly #feed: Feed
  readonly #timer: Timer
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #history: Totals[] = []
  #isOver = false

  constructor(
    ws: AppVerbs,
    handshakes: Handshakes,
    numbers: Numbers,
    { showPayloads, maxFramesPerSecond, clock }: InspectionSettings,
  ) {
    this.clock = clock
    this.showPayloads = showPayloads
    this.maxFramesPerSecond = maxFramesPerSecond
    this.#ws = ws
    this.#handshakes = handshakes
    this.numbers = numbers
    this.#survey = new Survey(ws.connections, (connection) => this.#originOf(connection))
    this.#feed = new Feed(this)
    this.#timer = clock.setInterval(() => void this.#tick(), TICK_MS)
    this.#delay.enable()
  }

  get visitors(): number {
    return this.#visitors.size
  }

  get connections(): AppVerbs['connections'] {
    return this.#ws.connections
  }

  get now(): number {
    return this.clock.today()
  }

  add(socket: Connection<unknown>): void {
    const visitor = new Visitor(socket, this)
    this.#visitors.set(socket, visitor)
    visitor.tell(this.#hello(socket))
    void this.#tick() // nobody likes to wait for the first
  }

  delete(socket: Connection<unknown>): void {
    this.#visitors.get(socket)?.leave()
    this.#visitors.delete(socket)
  }

  stop(): void {
    this.#isOver = true
    this.#timer.cancel()
    this.#feed.stop()
    this.#delay.disable()
  }

  // For the feed, and for visitors.

  onClosed(event: ConnectionClosedEvent): void {
    this.#survey.forget(event)
  }

  sampleOf(id: number): Sample | undefined {
    return this.#survey.of(id)
  }

  handshakeOf(connection: Connection<unknown>): HandshakeHeads | null {
    return this.#handshakes.of(connection)
  }

  async #tick(): Promise<void> {
    if (this.#survey.isRunning) return
    const awake = [...this.#visitors.values()].filter(({ isPaused }) => !isPaused)
    const selections = awake.map(({ query }) => new Selection(query, MOST_ROWS))
    const sums = await this.#survey.run(selections)
    if (this.#isOver) return
    const happened = this.#feed.take()
    const totals = this.#totals(sums, happened)
    const { happenings, missedHappenings } = happened
    this.#history = [...this.#history.slice(1 - MOST_HISTORY), totals]
    const now = this.clock.now()
    for (const [at, { found, samples }] of selections.entries()) {
      const rows = samples.map((sample) => sample.row(now))
      awake[at].tick({ totals, routes: sums.routes, found, rows, happenings, missedHappenings })
    }
  }

  #totals(sums: Sums, { opened, closed, refused }: Happened): Totals {
    const loopDelayMs = Math.max(0, this.#delay.max / 1e6 - RESOLUTION_MS)
    this.#delay.reset()
    const rttsMs = Float64Array.from(sums.rttsMs).sort()
    return {
      at: this.now,
      connections: sums.connections,
      receivedPerSecond: sums.received,
      sentPerSecond: sums.sent,
      bytesReceivedPerSecond: sums.bytesReceived,
      bytesSentPerSecond: sums.bytesSent,
      opened,
      closed,
      refused,
      backlogBytes: sums.backlogBytes,
      rttMedianMs: quantile(rttsMs, 0.5),
      rttP95Ms: quantile(rttsMs, 0.95),
      loopDelayMs,
      rssBytes: process.memoryUsage.rss(),
      topics: this.#ws.topics.size,
      topicState: this.#ws.topics.state,
    }
  }

  #hello(socket: Connection<unknown>): Hello {
    return {
      type: 'hello',
      showPayloads: this.showPayloads,
      ownId: this.numbers.of(socket),
      numbering: this.numbers.name,
      process: { pid: process.pid, host: hostname(), node: process.version },
      history: this.#history,
    }
  }

  #originOf(connection: Connection<unknown>): Origin {
    return {
      id: this.numbers.of(connection),
      address: this.#handshakes.addressOf(connection),
      path: this.#handshakes.pathOf(connection),
      isInspector: this.#visitors.has(connection),
    }
  }
}

function quantile(sorted: Float64Array, part: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.floor((sorted.length - 1) * part)]
}
