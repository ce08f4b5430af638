import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from './clock.ts'
import type { ConnectionLog, Logged } from './connection-log.ts'
import { NamedThings } from './counting.ts'
import { CHANNELS } from './diagnostics.ts'
import type { ConnectionClosedEvent, LimitEvent, OfConnection, RefusalReason } from './diagnostics-events.ts'
import type { LimitName } from './limits.ts'
import type { Metrics } from './metrics.ts'
import { RouteCounts } from './route-counts.ts'
import type { Wire } from './wire.ts'
import type { Limited } from './wire-host.ts'

/** A router that is mounted on a path with parameters has as many names as clients like. */
const MOST_ROUTES = 500

/** A handshake, as far as it is observed. */
export interface Handshake {
  readonly request: IncomingMessage
  readonly response: Pick<ServerResponse, 'getHeaders'>
  /** '' until a route has checked it. */
  readonly route: string
  /** Since its headers were complete. */
  readonly elapsedMs: number
}

/** What happens in an app: counted, and told on the diagnostics channels. Nothing comes here for every message. */
export class Observer {
  readonly #clock: Clock
  readonly #log: ConnectionLog
  /** Under way. */
  #drains = 0
  /** What the first of them began with. */
  #drain = { connections: 0, handshakes: 0, begunAt: 0 }
  readonly #routes = new NamedThings(MOST_ROUTES, () => new RouteCounts())

  constructor(clock: Clock, log: ConnectionLog) {
    this.#clock = clock
    this.#log = log
  }

  begun(request: IncomingMessage): void {
    const channel = CHANNELS['sockroute:upgrade:begun']
    if (channel.hasSubscribers) channel.publish({ request })
  }

  refused(handshake: Logged, status: number | undefined, reason: RefusalReason): void {
    const { request, route, elapsedMs } = handshake
    this.#routes.of(route).refused.add(reason)
    const channel = CHANNELS['sockroute:upgrade:refused']
    if (channel.hasSubscribers) channel.publish({ request, route, status, reason, durationMs: elapsedMs })
    this.#log.refused(handshake, status, reason)
  }

  opened(wire: Wire, handshake: Logged): void {
    const { connection, route } = wire
    const { request, elapsedMs } = handshake
    const counts = this.#routes.of(route)
    counts.opened++
    counts.handshakeTimes.add(elapsedMs)
    const channel = CHANNELS['sockroute:connection:opened']
    if (channel.hasSubscribers) {
      const responseHeaders = handshake.response.getHeaders()
      channel.publish({ connection, route, request, responseHeaders, handshakeMs: elapsedMs })
    }
    this.#log.opened(wire, handshake)
  }

  /** Called when the transport is gone, and before what is unsent is forgotten. */
  closed(wire: Wire): void {
    const counts = this.#routes.of(wire.route)
    counts.closed.add(String(wire.closeCode))
    counts.closedBy.add(wire.ending?.by ?? 'network')
    counts.addTraffic(wire)
    const channel = CHANNELS['sockroute:connection:closed']
    if (!channel.hasSubscribers && !this.#log.has(wire)) return
    const event = closedEvent(wire, this.#clock.now())
    channel.publish(event)
    this.#log.closed(wire, event)
  }

  limit(limit: LimitName, of?: Limited): void {
    if (of?.connection !== undefined) this.#routes.of(of.route).limitsHit.add(limit)
    const channel = CHANNELS['sockroute:limit']
    if (!channel.hasSubscribers) return
    const event: LimitEvent = { limit, connection: of?.connection, route: of?.route ?? '' }
    channel.publish(event)
  }

  roundTrip({ connection, route }: OfConnection, rttMs: number): void {
    this.#routes.of(route).roundTrips.add(rttMs)
    const channel = CHANNELS['sockroute:rtt']
    if (channel.hasSubscribers) channel.publish({ connection, route, rttMs })
  }

  handlerFailed({ connection, route }: OfConnection, error: unknown): void {
    this.#routes.of(route).handlerErrors++
    const channel = CHANNELS['sockroute:handler:error']
    if (channel.hasSubscribers) channel.publish({ connection, route, error })
  }

  /**
   * Some connections and handshakes are to end. Drains that overlap, of an app and of its server, are told as one; one with nothing to
   * end is not. Returns what is to be called at its end.
   */
  drain(connections: number, handshakes: number): () => void {
    if (connections + handshakes === 0) return () => undefined
    if (this.#drains++ === 0) {
      this.#drain = { connections, handshakes, begunAt: this.#clock.now() }
      CHANNELS['sockroute:drain:begun'].publish({ connections, handshakes })
    }
    return () => this.#drained()
  }

  /** What was counted, and what the open connections among `wires` have counted so far. */
  metrics(wires: Iterable<Wire>, handshakes: number): Metrics {
    const now = new NamedThings(MOST_ROUTES + 1, () => new RouteCounts(Infinity)) // 'other' is one more
    for (const [route, counts] of this.#routes) now.of(route).add(counts.all)
    for (const wire of wires) now.of(this.#routes.nameOf(wire.route)).addOpen(wire)
    const all = new RouteCounts(Infinity)
    const routes = [...now].map(([route, counts]) => [route, counts.all] as const)
    for (const [, metrics] of routes) all.add(metrics)
    return { ...all.all, handshakes, routes: Object.fromEntries(routes) }
  }

  #drained(): void {
    if (--this.#drains > 0) return
    const { begunAt, ...drain } = this.#drain
    CHANNELS['sockroute:drain:ended'].publish({ ...drain, durationMs: this.#clock.now() - begunAt })
  }
}

function closedEvent(wire: Wire, now: number): ConnectionClosedEvent {
  const { connection, route, closeCode: code, ending, intake, sender, outbox } = wire
  return {
    connection,
    route,
    code,
    reason: wire.closeReason.toString(),
    sentCode: ending?.ownCode,
    closedBy: ending?.by ?? 'network',
    cause: ending?.cause,
    durationMs: now - wire.openedAt,
    bytesReceived: wire.receivedBytes,
    bytesSent: outbox.writtenBytes,
    messagesReceived: intake.messages,
    messagesSent: sender.messages,
    highestBacklogBytes: outbox.highestUnsentBytes,
  }
}
