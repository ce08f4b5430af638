import type { Connection, ConnectionFigures } from '../src/adapter.ts'
import type { Row } from './inspector-messages.ts'

/** As far as rates are made of it. */
export type Moved = Pick<
  ConnectionFigures,
  'messagesReceived' | 'messagesSent' | 'bytesReceived' | 'bytesSent' | 'highestBacklogBytes'
>

/** What is only known from outside of the connection. */
export interface Origin {
  readonly id: number
  readonly address: string
  readonly path: string
  readonly isInspector: boolean
}

export const NOTHING_YET: Moved = {
  messagesReceived: 0,
  messagesSent: 0,
  bytesReceived: 0,
  bytesSent: 0,
  highestBacklogBytes: 0,
}

/** All that it moved was moved since the survey before, or nearly so. */
export const YOUNG_MS = 1_500

/** What was moved in less time makes no rate: one message in a millisecond is not a thousand a second. */
const LEAST_MS = 250

/** A connection, as the last survey has found it. */
export class Sample {
  readonly connection: Connection<unknown>
  readonly id: number
  readonly route: string
  readonly #protocol: string
  /** In which words of a query are looked for. */
  readonly text: string
  readonly openedAt: number
  rttMs = 0
  backlogBytes = 0
  topicCount = 0
  receivedPerSecond = 0
  sentPerSecond = 0
  bytesReceivedPerSecond = 0
  bytesSentPerSecond = 0
  figures: Moved
  /** What it had moved when its rates were made: what comes after that is in none. */
  counted: Moved
  #countedAt: number
  readonly #origin: Origin

  constructor(connection: Connection<unknown>, figures: ConnectionFigures, origin: Origin, now: number) {
    this.connection = connection
    this.id = origin.id
    this.route = figures.route
    this.#protocol = shownProtocol(connection.protocol, figures.protocols)
    this.text = `${figures.route} ${origin.path} ${origin.address} ${this.#protocol}`.toLowerCase()
    this.openedAt = figures.openedAt
    this.#origin = origin
    const isYoung = now - figures.openedAt < YOUNG_MS
    this.figures = figures
    this.counted = isYoung ? NOTHING_YET : figures
    this.#countedAt = isYoung ? figures.openedAt : now
    this.update(figures, now)
  }

  get isInspector(): boolean {
    return this.#origin.isInspector
  }

  get bytesPerSecond(): number {
    return this.bytesReceivedPerSecond + this.bytesSentPerSecond
  }

  update(figures: ConnectionFigures, now: number): void {
    if (now - this.#countedAt >= LEAST_MS) this.#count(figures, now)
    this.rttMs = this.connection.rtt ?? 0
    this.backlogBytes = this.connection.bufferedAmount
    this.topicCount = this.connection.topics.size
    this.figures = figures
  }

  /** By the second, what it moved since the last time; of one that is older than the survey nothing at first. */
  #count(figures: ConnectionFigures, now: number): void {
    const seconds = (now - this.#countedAt) / 1_000
    const before = this.counted
    this.receivedPerSecond = (figures.messagesReceived - before.messagesReceived) / seconds
    this.sentPerSecond = (figures.messagesSent - before.messagesSent) / seconds
    this.bytesReceivedPerSecond = (figures.bytesReceived - before.bytesReceived) / seconds
    this.bytesSentPerSecond = (figures.bytesSent - before.bytesSent) / seconds
    this.counted = figures
    this.#countedAt = now
  }

  row(now: number): Row {
    const { connection } = this
    const { messagesReceived, messagesSent, bytesReceived, bytesSent, highestBacklogBytes } = this.figures
    return {
      id: this.id,
      route: this.route,
      path: this.#origin.path,
      address: this.#origin.address,
      protocol: this.#protocol,
      extensions: connection.extensions,
      readyState: connection.readyState,
      ageMs: now - this.openedAt,
      rttMs: connection.rtt ?? null,
      messagesReceived,
      messagesSent,
      bytesReceived,
      bytesSent,
      receivedPerSecond: this.receivedPerSecond,
      sentPerSecond: this.sentPerSecond,
      bytesPerSecond: this.bytesPerSecond,
      backlogBytes: this.backlogBytes,
      highestBacklogBytes,
      topicCount: this.topicCount,
      isInspector: this.isInspector,
    }
  }
}

/** As the handshake's header is shown. */
function shownProtocol(protocol: string, spoken: readonly string[]): string {
  return protocol === '' || spoken.includes(protocol) ? protocol : '[redacted]'
}
