import { register as globalRegistry, type Metric, type Registry, type RegistryContentType } from 'prom-client'
import { checkOptions, type Rule } from '../src/adapter.ts'
import { APP_FAMILIES, type AppFamily, type AppScrape, type Measured } from './prometheus-app.ts'
import { ROUTE_FAMILIES, type RouteFamily, type Value } from './prometheus-routes.ts'

/** For Prometheus' own format or for OpenMetrics. */
type AnyRegistry = Registry<RegistryContentType>

export interface PrometheusOptions {
  /** Where the metrics are registered. @defaultValue prom-client's own `register` */
  readonly register?: AnyRegistry
  /** In front of every name. @defaultValue 'sockroute_' */
  readonly prefix?: string
}

/** A metric as a registry asks for it. Its own classes count by themselves; these figures are counted already. */
interface Scraped {
  readonly name: string
  readonly help: string
  readonly type: RouteFamily['type']
  readonly aggregator: 'sum'
  readonly values: readonly { readonly metricName?: string; readonly labels: object; readonly value: number }[]
}

type Named = Metric & { readonly name: string }

/** As the registry has it, whether it is each route's or the app's. */
interface Registered extends Omit<RouteFamily, 'values'> {
  readonly values: (app: AppScrape) => readonly Value[]
}

const ofRoutes = ({ values, ...family }: RouteFamily): Registered => ({
  ...family,
  values: ({ metrics }) =>
    Object.entries(metrics.routes).flatMap(([route, one]) =>
      values(one).map(([labels, value, part]): Value => [{ ...labels, route }, value, part]),
    ),
})

const REGISTERED: readonly Registered[] = [
  ...ROUTE_FAMILIES.map(ofRoutes),
  ...(APP_FAMILIES satisfies readonly AppFamily[]),
]

const isRegistry = (value: unknown): boolean =>
  typeof (value as AnyRegistry | null | undefined)?.registerMetric === 'function'

const RULES: Record<string, Rule> = {
  register: (value) => (isRegistry(value) ? undefined : 'takes a Registry of prom-client'),
  prefix: (value) =>
    typeof value === 'string' && /^[a-zA-Z_:][\w:]*$/.test(value)
      ? undefined
      : `takes the beginning of a metric's name, such as 'chat_ws_'`,
}

/**
 * Registers an app's metrics with prom-client, those of its routes with the label `route`. They are read when they are scraped, and cost nothing between.
 *
 *     prometheus(app.ws)
 *     app.get('/metrics', async (request, reply) => reply.type(register.contentType).send(await register.metrics()))
 *
 * Returns what takes them out of the registry again.
 * @throws TypeError for what is no `app.ws`, an unknown option or a wrong value; Error for names that are registered already
 */
export function prometheus(ws: Measured, options: PrometheusOptions = {}): () => void {
  if (typeof (ws as Measured | undefined)?.metrics !== 'function') {
    throw new TypeError('sockroute: prometheus(ws) takes what has the metrics: prometheus(app.ws)')
  }
  if (isRegistry(options)) throw new TypeError('sockroute: write prometheus(app.ws, { register })')
  checkOptions(options, RULES)
  const { register = globalRegistry, prefix = 'sockroute_' } = options
  const scrape = onceATurn(() => ({ metrics: ws.metrics(), topics: ws.topics }))
  const metrics = REGISTERED.map((family) => metricOf(family, prefix, scrape))
  return registerAll(register, metrics)
}

/** All, or none where a name is taken. Returns what takes them out again, and what others have registered since it leaves there. */
function registerAll(register: AnyRegistry, metrics: readonly Named[]): () => void {
  const stop = (): void => {
    for (const metric of metrics) {
      if (register.getSingleMetric(metric.name) === metric) register.removeSingleMetric(metric.name)
    }
  }
  try {
    for (const metric of metrics) register.registerMetric(metric)
  } catch (error) {
    stop()
    const each = `each app has its own { prefix: 'chat_ws_' }, or { register: new Registry() }`
    throw new Error(`sockroute: ${error instanceof Error ? error.message : String(error)} Two apps? Then ${each}`, {
      cause: error,
    })
  }
  return stop
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

function metricOf(family: Registered, prefix: string, scrape: () => AppScrape): Named {
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
  return metric as unknown as Named // as far as a registry asks; its types know only its own classes
}
