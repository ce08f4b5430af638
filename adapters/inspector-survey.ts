import { type Connection, type ConnectionClosedEvent, type Connections, figuresOf } from '../src/adapter.ts'
import type { RouteRow } from './inspector-messages.ts'
import { type Moved, NOTHING_YET, type Origin, Sample, YOUNG_MS } from './inspector-sample.ts'
import type { Selection } from './inspector-selection.ts'

/** So many connections in one turn of the event loop: others wait behind them. */
const A_TURN = 250
const MOST_ROUTES = 50

/** What all connections have moved together, in the time between two surveys. */
export class Sums {
  connections = 0
  received = 0
  sent = 0
  bytesReceived = 0
  bytesSent = 0
  backlogBytes = 0
  readonly rttsMs: number[] = []
  readonly #routes = new Map<string, number>()

  /** Those with most connections. */
  get routes(): readonly RouteRow[] {
    const rows = [...this.#routes].map(([route, connections]) => ({ route, connections }))
    return rows.sort((one, other) => other.connections - one.connections).slice(0, MOST_ROUTES)
  }

  add(sample: Sample): void {
    const { route } = sample
    this.connections++
    this.received += sample.receivedPerSecond
    this.sent += sample.sentPerSecond
    this.bytesReceived += sample.bytesReceivedPerSecond
    this.bytesSent += sample.bytesSentPerSecond
    this.backlogBytes += sample.backlogBytes
    if (sample.rttMs > 0) this.rttsMs.push(sample.rttMs)
    this.#routes.set(route, (this.#routes.get(route) ?? 0) + 1)
  }

  /** Of a connection that has ended: what it moved after `before`. */
  addRest(event: Omit<Moved, 'highestBacklogBytes'>, before: Moved): void {
    this.received += event.messagesReceived - before.messagesReceived
    this.sent += event.messagesSent - before.messagesSent
    this.bytesReceived += event.bytesReceived - before.bytesReceived
    this.bytesSent += event.bytesSent - before.bytesSent
  }
}

/** Looks at every connection, a part of them in each turn, and at what each has moved since the last time. */
export class Survey {
  readonly #connections: Connections
  readonly #originOf: (connection: Connection<unknown>) => Origin
  readonly #samples = new Map<number, Sample>()
  /** Of connections that have ended since the last time. */
  #lastWords = new Sums()
  #isRunning = false

  constructor(connections: Connections, originOf: (connection: Connection<unknown>) => Origin) {
    this.#connections = connections
    this.#originOf = originOf
  }

  /** Not over yet: there are more connections than fit into the time between two. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Each of `selections` is offered every connection. Fulfils with what all did together. */
  async run(selections: readonly Selection[]): Promise<Sums> {
    this.#isRunning = true
    const sums = this.#lastWords
    this.#lastWords = new Sums()
    let left = A_TURN
    for (const connection of this.#connections) {
      const sample = this.take(connection)
      if (sample === undefined) continue
      sums.add(sample)
      for (const selection of selections) selection.add(sample)
      if (--left > 0) continue
      await new Promise(setImmediate)
      left = A_TURN
    }
    this.#isRunning = false
    return sums
  }

  /** Looks at one connection now. */
  take(connection: Connection<unknown>): Sample | undefined {
    const figures = figuresOf(connection)
    if (figures === undefined) return undefined
    const origin = this.#originOf(connection)
    const now = figures.clock.now()
    const known = this.#samples.get(origin.id)
    if (known !== undefined) {
      known.update(figures, now)
      return known
    }
    const sample = new Sample(connection, figures, origin, now)
    this.#samples.set(origin.id, sample)
    return sample
  }

  /** As it was found; undefined where it was not, or has ended. */
  of(id: number): Sample | undefined {
    return this.#samples.get(id)
  }

  /** It has ended. What it moved since the last time counts. */
  forget(event: ConnectionClosedEvent): void {
    const { id } = this.#originOf(event.connection)
    const known = this.#samples.get(id)?.counted ?? (event.durationMs < YOUNG_MS ? NOTHING_YET : undefined)
    if (known !== undefined) this.#lastWords.addRest(event, known)
    this.#samples.delete(id)
  }
}
