/** What the real SDK of OpenTelemetry is given. */

import { createServer } from 'node:http'
import { propagation, type TextMapPropagator, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import t, { type Test } from 'tap'
import { openTelemetry, openTelemetryMetrics } from '../../adapters/opentelemetry.ts'
import { inject, TestClock } from '../../adapters/testing.ts'
import { WebSocketServer } from '../../adapters/ws.ts'
import { createWebSockets, type Metrics } from '../../src/index.ts'
import { echo, type Handler } from '../hosts/host.ts'
import { onEachHost } from '../hosts/suite.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import { ask, listening, portOf } from '../ws/serving.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))

function sdk(t: Test) {
  const spans = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  const points = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  t.teardown(() => Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]))
  return {
    providers: { tracerProvider, meterProvider },
    spans: () => spans.getFinishedSpans(),
    async histogram(name: string): Promise<{ boundaries: number[] }> {
      await meterProvider.forceFlush()
      const scopes = points.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
      const found = scopes.flatMap(({ metrics }) => metrics).find(({ descriptor }) => descriptor.name === name)
      if (found === undefined) throw new Error(`no ${name} was collected`)
      return (found.dataPoints[0].value as Histogram).buckets
    },
    /** `name attributes value`, of all that was collected. */
    async metrics(): Promise<string[]> {
      await meterProvider.forceFlush()
      const collected =
        points
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
      return collected.flatMap(({ descriptor: { name }, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => {
          const shown = typeof value === 'number' ? value : value.count
          return `${name} ${Object.values(attributes).map(String).toSorted().join(' ')} ${shown}`
        }),
      )
    },
  }
}

/** W3C's, as far as it is needed here: the SDK for Node brings its own. */
const traceparent: TextMapPropagator = {
  inject: () => undefined,
  fields: () => ['traceparent'],
  extract(context, carrier, getter) {
    const [, traceId, spanId, flags] = String(getter.get(carrier, 'traceparent')).split('-')
    if (flags === undefined) return context
    return trace.setSpanContext(context, { traceId, spanId, traceFlags: Number(flags), isRemote: true })
  },
}
propagation.setGlobalPropagator(traceparent)

const TRACE = '0af7651916cd43dd8448eb211c80319c'

await onEachHost(
  'a handshake is a span in the trace of its client, and the connection one that is linked to it',
  async (t, begin) => {
    const { providers, spans } = sdk(t)
    const app = await begin({ routes: { '/ws': echo } })
    t.teardown(openTelemetry(app.ws, providers))
    const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, 'user-agent': 'test' }
    const client = await app.open({ path: '/ws?token=secret', headers }, Buffer.concat([clientFrame(1, 'hello'), BYE]))
    await client.readToEnd()
    client.end()
    await app.settled()
    const [handshake, connection] = spans()
    t.match(handshake, {
      name: 'GET /ws',
      kind: 1,
      parentSpanContext: { spanId: 'b7ad6b7169203331' },
      status: { code: 0 },
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 101,
        'http.route': '/ws',
        'url.path': '/ws',
        'url.scheme': 'http',
        'user_agent.original': 'test',
      },
    })
    t.equal(handshake.spanContext().traceId, TRACE)
    t.notMatch(JSON.stringify(handshake.attributes), /secret/)
    t.match(connection, {
      name: 'WebSocket /ws',
      parentSpanContext: undefined,
      attributes: {
        'http.route': '/ws',
        'sockroute.close.code': 1000,
        'sockroute.closed_by': 'peer',
        'sockroute.messages.received': 1,
        'sockroute.bytes.received': 19,
      },
    })
    t.match(connection.links, [{ context: { traceId: TRACE, spanId: handshake.spanContext().spanId } }])
  },
)

await onEachHost('what is refused, and what fails', async (t, begin) => {
  const { providers, spans } = sdk(t)
  const failing: Handler = () => Promise.reject(new RangeError('no'))
  const app = await begin({ routes: { '/ws': failing } })
  const stop = openTelemetry(app.ws, providers)
  await (await app.send({ headers: { origin: 'https://evil.example' } })).readHead()
  const client = await app.open({}, clientFrame(8, hex('03f3')))
  await client.readToEnd()
  client.end()
  await app.settled()
  stop()
  await app.open()
  t.match(spans(), [
    {
      name: 'GET /ws',
      status: { code: 0 },
      attributes: { 'http.response.status_code': 403, 'sockroute.refusal': 'origins' },
    },
    { name: 'GET /ws' },
    {
      name: 'WebSocket /ws',
      status: { code: 2 },
      attributes: { 'error.type': 'RangeError' },
      events: [{ name: 'exception' }],
    },
  ])
  t.equal(spans().length, 3, 'nothing after its end')
})

t.test('a collection of the metrics', async (t) => {
  const { nodeHost } = await import('../hosts/node.ts')
  const { start } = await import('../hosts/suite.ts')
  const { providers, metrics } = sdk(t)
  const app = await start(t, nodeHost, { routes: { '/ws': echo } })
  const stop = openTelemetry(app.ws, providers)
  const client = await app.open({}, clientFrame(1, 'hello'))
  await client.readFrame()
  await (await app.send({ headers: { origin: 'https://evil.example' } })).readHead()
  const lines = await metrics()
  for (const line of [
    'sockroute.connections /ws 1',
    'sockroute.connections.opened /ws 1',
    'sockroute.handshakes.refused /ws origins 1',
    'sockroute.messages /ws receive 1',
    'sockroute.messages /ws transmit 1',
    'sockroute.io /ws receive 11',
    'sockroute.io /ws transmit 7',
    'sockroute.backlog /ws 0',
    'sockroute.handshake.duration /ws 1',
  ]) {
    t.ok(lines.includes(line), line)
  }
  stop()
  client.write(BYE)
  await client.ended
  t.ok((await metrics()).length <= lines.length)
})

await onEachHost('a handshake that is being decided when tracing ends, is ended with it', async (t, begin) => {
  const { providers, spans } = sdk(t)
  let isAsked: () => void = () => undefined
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve
  })
  const app = await begin({ routes: { '/ws': { handler: echo, hooks: [() => new Promise(() => isAsked())] } } })
  const stop = openTelemetry(app.ws, providers)
  const client = await app.send()
  await asked
  t.same(spans(), [])
  stop()
  t.match(spans(), [{ name: 'GET' }])
  client.destroy()
  await app.settled()
  t.equal(spans().length, 1)
})

t.test('a handshake that is begun twice has two spans, and both end', async (t) => {
  const { providers, spans } = sdk(t)
  const server = new WebSocketServer({
    noServer: true,
    logger: { warn: () => undefined, error: () => undefined },
    verifyClient: (_info, decide) => void setImmediate(decide, true),
  })
  t.teardown(openTelemetry({ metrics: () => ({ routes: {} }) as Metrics }, providers)) // a WebSocketServer has none
  const http = createServer().on('upgrade', (request, socket, head) => {
    for (let i = 0; i < 2; i++) server.handleUpgrade(request, socket, head, () => undefined)
  })
  await listening(t, http)
  const client = await ask(t, portOf(http), {}, BYE)
  await client.rest()
  client.end() // or the server waits for that
  while (server.clients.size > 0) await new Promise(setImmediate)
  t.same(
    spans().map(({ name, attributes }) => [name, attributes['sockroute.refusal']]),
    [
      ['GET', undefined],
      ['GET', 'app'],
      ['WebSocket', undefined],
    ],
  )
})

t.test('times have buckets for seconds, of which most are far below one', async (t) => {
  const { providers, histogram } = sdk(t)
  const ws = createWebSockets({ clock: new TestClock() })
  t.teardown(openTelemetry(ws, providers))
  const server = createServer().on('upgrade', (request, socket, head) => ws.upgrade(request, socket, head, echo))
  const socket = await inject(server, '/')
  const { boundaries } = await histogram('sockroute.handshake.duration')
  t.ok(boundaries.filter((bound) => bound < 1).length > 5, String(boundaries))
  socket.terminate()
})

t.test('what cannot be is refused at once', async (t) => {
  t.throws(() => openTelemetry(undefined as never), { name: 'TypeError', message: /openTelemetry\(app\.ws\)/ })
  t.throws(() => openTelemetryMetrics({} as never), { name: 'TypeError', message: /openTelemetry\(app\.ws\)/ })
  const ws = { metrics: () => ({ routes: {} }) as Metrics }
  const { providers } = sdk(t)
  const cases: [options: object, message: RegExp][] = [
    [{ tracer: providers.tracerProvider }, /no option tracer here/],
    [{ tracerProvider: providers.tracerProvider.getTracer('x') }, /tracerProvider takes .*getTracer/],
    [{ meterProvider: {} }, /meterProvider takes .*getMeter/],
  ]
  for (const [options, message] of cases) {
    for (const begin of [openTelemetry, openTelemetryMetrics]) t.throws(() => begin(ws, options), { message })
  }
  const stop = openTelemetry(ws, providers)
  t.throws(() => openTelemetry(ws, providers), { message: /once in a process.*openTelemetryMetrics\(ws\)/ })
  openTelemetry(ws, sdk(t).providers)()
  stop()
  const again = openTelemetry(ws, providers)
  stop()
  t.throws(() => openTelemetry(ws, providers), /once in a process/, 'who has stopped before stops nobody else')
  again()
  const broken = { ...providers, meterProvider: { getMeter: () => JSON.parse('{') } }
  t.throws(() => openTelemetry(ws, broken), { name: 'SyntaxError' })
  openTelemetry(ws, providers)()
})
