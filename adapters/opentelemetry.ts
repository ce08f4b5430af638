import { type Meter, type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import { type AppVerbs, checkOptions, observe, type Rule } from '../src/adapter.ts'
import { observeCounts } from './opentelemetry-metrics.ts'
import { Tracing } from './opentelemetry-tracing.ts'

export interface OpenTelemetryOptions {
  /** @defaultValue the one that is registered globally */
  readonly tracerProvider?: TracerProvider
  /** @defaultValue the one that is registered globally */
  readonly meterProvider?: MeterProvider
}

const NAME = 'sockroute'

/** Of seconds: a handshake takes milliseconds, and the SDK's own buckets begin at 5. */
const advice = { explicitBucketBoundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] }

const having =
  (method: string, what: string): Rule =>
  (value) =>
    typeof (value as Record<string, unknown> | null)?.[method] === 'function'
      ? undefined
      : `takes a ${what}, which has ${method}()`

const RULES: Record<string, Rule> = {
  tracerProvider: having('getTracer', 'TracerProvider'),
  meterProvider: having('getMeter', 'MeterProvider'),
}

/** Who is given all spans of the process already: they would come twice. */
const traced = new WeakSet<TracerProvider>()
const TWICE =
  'sockroute: openTelemetry(ws) is called once in a process, until it is stopped; a second app has openTelemetryMetrics(ws)'

/**
 * Gives OpenTelemetry an app's metrics, and the process's traces: a span of kind SERVER for each handshake, child of what the client's
 * `traceparent` names, and for each connection a span of its own, linked to that, since it may last for days.
 *
 *     const stop = openTelemetry(app.ws)
 *
 * Spans, and the two histograms of times, are of all apps of the process: a second app is given with its metrics alone, by
 * `openTelemetryMetrics`. Returns what ends it.
 * @throws TypeError for what is no `app.ws`, an unknown option or a wrong value; Error where the provider has the process's spans already
 */
export function openTelemetry(ws: Pick<AppVerbs, 'metrics'>, options: OpenTelemetryOptions = {}): () => void {
  check(ws, options)
  const provider = options.tracerProvider ?? trace.getTracerProvider()
  if (traced.has(provider)) throw new Error(TWICE)
  const stops = [
    openTelemetryMetrics(ws, options),
    recordTimes(meterOf(options)),
    traceConnections(provider),
    () => void traced.delete(provider),
  ]
  traced.add(provider) // last: where one of them throws, nothing is traced
  return () => {
    for (const stop of stops.splice(0)) stop() // once: afterwards the provider may be another's
  }
}

/** The counters of one app, read when they are collected. Returns what ends it. @throws TypeError as above */
export function openTelemetryMetrics(ws: Pick<AppVerbs, 'metrics'>, options: OpenTelemetryOptions = {}): () => void {
  check(ws, options)
  return observeCounts(meterOf(options), ws)
}

function check(ws: Pick<AppVerbs, 'metrics'>, options: OpenTelemetryOptions): void {
  checkOptions(options, RULES)
  if (typeof (ws as AppVerbs | undefined)?.metrics === 'function') return
  throw new TypeError('sockroute: openTelemetry(ws) takes what has the metrics: openTelemetry(app.ws)')
}

function meterOf({ meterProvider }: OpenTelemetryOptions): Meter {
  return (meterProvider ?? metrics.getMeterProvider()).getMeter(NAME)
}

/** Durations are seconds, as the semantic conventions want them. */
function recordTimes(meter: Meter): () => void {
  const unit = 's'
  const handshakes = meter.createHistogram('sockroute.handshake.duration', {
    unit,
    advice,
    description: 'Up to the 101.',
  })
  const roundTrips = meter.createHistogram('sockroute.rtt', {
    unit,
    advice,
    description: 'Round trips of the heartbeat.',
  })
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
