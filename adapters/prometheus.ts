import { register as globalRegistry, type Metric, type Registry } from 'prom-client'
import type { RouteMetrics, TimesTaken } from '../src/adapter.ts'
import { APP_FAMILIES, type AppFamily, type AppScrape, type Measured } from './prometheus-app.ts'

export interface PrometheusOptions {
  /** Where the metrics are registered. @defaultValue prom-client's own `register` */
  readonly register?: Registry
  /** In front of every name. @defaultValue 'sockroute_' */
  readonly prefix?: string
}

type Labels = Readonly<Record<string, string>>
/** `part`: what stands behind the name, of a histogram's. */
type Value = readonly [labels: Labels, value: number, part?: string]

/** A metric as a registry asks for it. Its own classes count by themselves; these figures are counted already. */
interface Scraped {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly aggregator: 'sum'
  readonly values: readonly { readonly metricName?: string; readonly labels: object; readonly value: number }[]
}

interface Family {
  readonly name: string
  readonly help: string
  readonly type: Scraped['type']
  /** Of one route; the label `route` is added. */
  readonly values: (metrics: RouteMetrics) => readonly Value[]
}

const plain = (value: number): Value[] => [[{}, value]]
const by =
  (label: string) =>
  (tally: object): Value[] =>
    Object.entries(tally).map(([name, count]: [string, number]) => [{ [label]: name }, count])

const FAMILIES: readonly Family[] = [
  { name: 'connections', help: 'Open connections.', type: 'gauge', values: ({ open }) => plain(open) },
  {
    name: 'connections_opened_total',
    help: 'Handshakes that became a connection.',
    type: 'counter',
    values: ({ opened }) => plain(opened),
  },
  {
    name: 'handshakes_refused_total',
    help: 'Handshakes that became none, by the reason.',
    type: 'counter',
    values: ({ refused }) => by('reason')(refused),
  },
  {
    name: 'connections_closed_total',
    help: 'Ended connections, by the close code that the peer sent; 1006 for none.',
    type: 'counter',
    values: ({ closed }) => by('code')(closed),
  },
  {
    name: 'connections_ended_total',
    help: 'The same, by who began the end.',
    type: 'counter',
    values: ({ closedBy }) => by('by')(closedBy),
  },
  {
    name: 'messages_total',
    help: 'Messages, by direction.',
    type: 'counter',
    values: ({ messagesReceived, messagesSent }) => by('direction')({ in: messagesReceived, out: messagesSent }),
  },
  {
    name: 'bytes_total',
    help: 'Bytes of the transport behind the handshake, by direction.',
    type: 'counter',
    values: ({ bytesReceived, bytesSent }) => by('direction')({ in: bytesReceived, out: bytesSent }),
  },
  {
    name: 'backlog_bytes',
    help: 'Bytes that were sent and are not written yet.',
    type: 'gauge',
    values: ({ backlogBytes }) => plain(backlogBytes),
  },
  {
    name: 'handler_errors_total',
    help: 'What handlers and listeners threw.',
    type: 'counter',
    values: ({ handlerErrors }) => plain(handlerErrors),
  },
  {
    name: 'limits_hit_total',
    help: 'How often connections reached each limit.',
    type: 'counter',
    values: ({ limitsHit }) => by('limit')(limitsHit),
  },
  {
    name: 'handshake_seconds',
    help: 'From the complete headers to the 101, hooks included.',
    type: 'histogram',
    values: ({ handshakeTimes }) => histogram(handshakeTimes),
  },
  {
    name: 'rtt_seconds',
    help: 'Round trips that the heartbeat has measured.',
    type: 'histogram',
    values: ({ roundTrips }) => histogram(roundTrips),
  },
]

function histogram({ boundsMs, counts, count, sumMs }: TimesTaken): Value[] {
  let upTo = 0
  const buckets = boundsMs.map((bound, at): Value => {
    upTo += counts[at]
    return [{ le: String(bound / 1_000) }, upTo, '_bucket']
  })
  return [...buckets, [{ le: '+Inf' }, count, '_bucket'], [{}, sumMs / 1_000, '_sum'], [{}, count, '_count']]
}

/** As the registry has it, whether it is each route's or the app's. */
interface Registered extends Omit<Family, 'values'> {
  readonly values: (app: AppScrape) => readonly Value[]
}

const ofRoutes = ({ values, ...family }: Family): Registered => ({
  ...family,
  values: ({ metrics }) =>
    Object.entries(metrics.routes).flatMap(([route, one]) =>
      values(one).map(([labels, value, part]): Value => [{ ...labels, route }, value, part]),
    ),
})

const REGISTERED: readonly Registered[] = [...FAMILIES.map(ofRoutes), ...(APP_FAMILIES satisfies readonly AppFamily[])]

/**
 * Registers an app's metrics with prom-client, those of its routes with the label `route`. They are read when they are scraped, and cost nothing between.
 *
 *     prometheus(app.ws)
 *     app.get('/metrics', async (request, reply) => reply.type(register.contentType).send(await register.metrics()))
 *
 * Returns what takes them out of the registry again.
 * @throws TypeError for what is no `app.ws`, or no registry; Error, prom-client's own, for names that are registered already
 */
export function prometheus(ws: Measured, options: PrometheusOptions = {}): () => void {
  const { register = globalRegistry, prefix = 'sockroute_' } = options
  if (typeof (ws as Measured | undefined)?.metrics !== 'function') {
    throw new TypeError('sockroute: prometheus(ws) takes what has the metrics: prometheus(app.ws)')
  }
  if (typeof register?.registerMetric !== 'function') {
    throw new TypeError('sockroute: the option register takes a Registry of prom-client')
  }
  if (typeof prefix !== 'string' || !/^[a-zA-Z_:][\w:]*$/.test(prefix)) {
    throw new TypeError(`sockroute: the option prefix takes the beginning of a metric's name, such as 'chat_ws_'`)
  }
  const scrape = onceATurn(() => ({ metrics: ws.metrics(), topics: ws.topics }))
  const metrics = REGISTERED.map((family) => metricOf(family, prefix, scrape))
  for (const metric of metrics) register.registerMetric(metric)
  return () => {
    for (const { name } of REGISTERED) register.removeSingleMetric(prefix + name)
  }
}

/** A registry asks each metric by itself; all of one scrape are of the same moment. */
function onceATurn(take: () => AppScrape): () => AppScrape {
  let taken: AppScrape | undefined
  return () => {
    if (taken === undefined) {
      taken = take()
      setImmediate(() => {
        taken = undefined
      })
    }
    return taken
  }
}

function metricOf(family: Registered, prefix: string, scrape: () => AppScrape): Metric {
  const { help, type } = family
  const aggregator = 'sum' as const
  const metric = {
    name: prefix + family.name, // a registry for OpenMetrics takes '_total' away, and adds it itself
    help,
    type,
    aggregator,
    async get(): Promise<Scraped> {
      const { name } = metric
      const values = family.values(scrape()).map(([labels, value, part]) => ({
        ...(part !== undefined && { metricName: name + part }),
        labels,
        value,
      }))
      return { name, help, type, aggregator, values }
    },
    /** `resetMetrics()`: what is an app's count goes on. */
    reset: () => undefined,
  }
  return metric as unknown as Metric // as far as a registry asks; its types know only its own classes
}
