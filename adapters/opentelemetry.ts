import { type Meter, type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import { type AppVerbs, observe } from '../src/adapter.ts'
import { observeCounts } from './opentelemetry-metrics.ts'
import { Tracing } from './opentelemetry-tracing.ts'

export interface OpenTelemetryOptions {
  /** @defaultValue the one that is registered globally */
  readonly tracerProvider?: TracerProvider
  /** @defaultValue the one that is registered globally */
  readonly meterProvider?: MeterProvider
}

const NAME = 'sockroute'

/**
 * Gives OpenTelemetry an app's metrics, and the process's traces: a span of kind SERVER for each handshake, child of what the client's
 * `traceparent` names, and for each connection a span of its own, linked to that, since it may last for days.
 *
 *     const stop = openTelemetry(app.ws)
 *
 * Spans, and the two histograms of times, are of all apps of the process: a second app is given with its metrics alone, by
 * `openTelemetryMetrics`. Returns what ends it.
 * @throws TypeError for what is no `app.ws`
 */
export function openTelemetry(ws: Pick<AppVerbs, 'metrics'>, options: OpenTelemetryOptions = {}): () => void {
  const stops = [
    openTelemetryMetrics(ws, options),
    recordTimes(meterOf(options)),
    traceConnections(options.tracerProvider ?? trace.getTracerProvider()),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** The counters of one app, read when they are collected. Returns what ends it. @throws TypeError as above */
export function openTelemetryMetrics(ws: Pick<AppVerbs, 'metrics'>, options: OpenTelemetryOptions = {}): () => void {
  if (typeof (ws as AppVerbs | undefined)?.metrics !== 'function') {
    throw new TypeError('sockroute: openTelemetry(ws) takes what has the metrics: openTelemetry(app.ws)')
  }
  return observeCounts(meterOf(options), ws)
}

function meterOf({ meterProvider }: OpenTelemetryOptions): Meter {
  return (meterProvider ?? metrics.getMeterProvider()).getMeter(NAME)
}

/** Durations are seconds, as the semantic conventions want them. */
function recordTimes(meter: Meter): () => void {
  const unit = 's'
  const handshakes = meter.createHistogram('sockroute.handshake.duration', { unit, description: 'Up to the 101.' })
  const roundTrips = meter.createHistogram('sockroute.rtt', { unit, description: 'Round trips of the heartbeat.' })
  const stops = [
    observe('sockroute:connection:opened', ({ route, handshakeMs }) => {
      handshakes.record(handshakeMs / 1_000, { 'http.route': route })
    }),
    observe('sockroute:rtt', ({ route, rttMs }) => roundTrips.record(rttMs / 1_000, { 'http.route': route })),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function traceConnections(provider: TracerProvider): () => void {
  const tracing = new Tracing(provider.getTracer(NAME))
  const stops = [
    observe('sockroute:upgrade:begun', ({ request }) => tracing.begun(request)),
    observe('sockroute:upgrade:refused', (event) => tracing.refused(event)),
    observe('sockroute:connection:opened', (event) => tracing.opened(event)),
    observe('sockroute:handler:error', ({ connection, error }) => tracing.failed(connection, error)),
    observe('sockroute:connection:closed', (event) => tracing.closed(event)),
  ]
  return () => {
    for (const stop of stops) stop()
    tracing.stop()
  }
}
