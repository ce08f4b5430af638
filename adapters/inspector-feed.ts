import {
  type Connection,
  type ConnectionClosedEvent,
  type Connections,
  closeWords,
  observe,
  redactedUrl,
  refusalWords,
  type UpgradeRefusedEvent,
} from '../src/adapter.ts'
import type { Happening } from './inspector-messages.ts'
import type { Numbers } from './inspector-numbers.ts'

/** More in a second than anybody reads. */
const MOST_A_SECOND = 50
const MOST_CHARACTERS = 300

export interface FeedOwner {
  readonly connections: Connections
  /** Milliseconds since 1970. */
  readonly now: number
  readonly numbers: Numbers
  readonly showPayloads: boolean
  /** A connection of this app has ended. */
  onClosed(event: ConnectionClosedEvent): void
}

/** What has happened in one second. */
export interface Happened {
  readonly opened: number
  readonly closed: number
  readonly refused: number
  readonly happenings: readonly Happening[]
  readonly missedHappenings: number
}

/**
 * What happens beside messages: ends, refusals, limits, errors. The channels are the process's: what is of another app's connections
 * is passed over; refusals, which belong to no connection, are told of all.
 */
export class Feed {
  readonly #owner: FeedOwner
  readonly #stops: readonly (() => void)[]
  #opened = 0
  #closed = 0
  #refused = 0
  #happenings: Happening[] = []
  #missed = 0

  constructor(owner: FeedOwner) {
    this.#owner = owner
    this.#stops = [
      observe('sockroute:connection:opened', ({ connection }) => {
        if (owner.connections.has(connection)) this.#onOpened(connection)
      }),
      observe('sockroute:connection:closed', (event) => {
        if (owner.numbers.has(event.connection)) this.#onClosed(event)
      }),
      observe('sockroute:upgrade:refused', (event) => this.#onRefused(event)),
      observe('sockroute:limit', ({ limit, connection, route }) => {
        if (this.#isOurs(connection)) this.#add({ type: 'limit', ...this.#of(connection, route), limit })
      }),
      observe('sockroute:handler:error', ({ connection, route, error }) => {
        if (!this.#isOurs(connection)) return
        this.#add({ type: 'error', ...this.#of(connection, route), message: this.#messageOf(error) })
      }),
    ]
  }

  /** What there was since the last time. */
  take(): Happened {
    const [opened, closed, refused, happenings] = [this.#opened, this.#closed, this.#refused, this.#happenings]
    const missedHappenings = this.#missed
    this.#opened = this.#closed = this.#refused = this.#missed = 0
    this.#happenings = []
    return { opened, closed, refused, happenings, missedHappenings }
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  #onOpened(connection: Connection<unknown>): void {
    this.#owner.numbers.of(connection) // by which it is known as ours when it has ended
    this.#opened++
  }

  #onClosed(event: ConnectionClosedEvent): void {
    const { connection, route, code, sentCode = null, closedBy, cause = null, durationMs } = event
    this.#closed++
    const [sentence, advice] = closeWords(event)
    const reason = this.#owner.showPayloads ? cut(event.reason) : '' // the peer's own words: RFC 6455 §5.5.1
    const told = { code, sentCode, reason, closedBy, cause, durationMs, sentence, advice }
    this.#add({ type: 'closed', ...this.#of(connection, route), ...told })
    this.#owner.onClosed(event)
  }

  #onRefused(event: UpgradeRefusedEvent): void {
    const { request, route, status = null, reason } = event
    this.#refused++
    const [sentence, advice] = refusalWords(event)
    const url = cut(redactedUrl(request.url))
    const address = request.socket.remoteAddress ?? ''
    this.#add({ type: 'refused', ...this.#of(undefined, route), status, reason, url, address, sentence, advice })
  }

  /** Its words may be those of a message: JSON.parse() quotes what it cannot read. */
  #messageOf(error: unknown): string {
    return this.#owner.showPayloads ? cut(wordsOf(error)) : nameOf(error)
  }

  /** What belongs to no connection is the process's. */
  #isOurs(connection: Connection<unknown> | undefined): boolean {
    return connection === undefined || this.#owner.numbers.has(connection)
  }

  #of(connection: Connection<unknown> | undefined, route: string) {
    return { at: this.#owner.now, route, id: connection === undefined ? null : this.#owner.numbers.of(connection) }
  }

  #add(happening: Happening): void {
    if (this.#happenings.length < MOST_A_SECOND) this.#happenings.push(happening)
    else this.#missed++
  }
}

/** Whatever was thrown: its own code may throw again. */
function wordsOf(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'something that cannot be shown'
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? cut(error.name) : 'something that is no Error'
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text
}
