/** What a scrape of the real prom-client finds. */

import { Gauge, register as globalRegistry, Registry } from 'prom-client'
import t, { type Test } from 'tap'
import { prometheus } from '../../adapters/prometheus.ts'
import type { RouteOptions } from '../../src/index.ts'
import { echo } from '../hosts/host.ts'
import { nodeHost } from '../hosts/node.ts'
import { type Running, start } from '../hosts/suite.ts'
import { clientFrame } from '../protocol/wire.ts'
import { MemoryBroker } from '../support/memory-broker.ts'
import { pass } from '../support/topic-node.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))

async function withTraffic(t: Test, options: RouteOptions = {}): Promise<Running> {
  const app = await start(t, nodeHost, { routes: { '/a': { handler: echo, options }, '/b': echo } })
  const stays = await app.open({ path: '/a' }, clientFrame(1, 'hello'))
  await stays.readFrame()
  const goes = await app.open({ path: '/b' }, BYE)
  await goes.readToEnd()
  goes.end()
  await (await app.send({ path: '/a', headers: { origin: 'https://evil.example' } })).readHead()
  app.ws.publish('news', 'a message to nobody')
  while (app.ws.connections.size > 1) await new Promise(setImmediate)
  return app
}

const LINES: [what: string, line: string][] = [
  ['open', 'sockroute_connections{route="/a"} 1'],
  ['nobody is left', 'sockroute_connections{route="/b"} 0'],
  ['opened', 'sockroute_connections_opened_total{route="/a"} 1'],
  ['refused', 'sockroute_handshakes_refused_total{reason="origins",route="/a"} 1'],
  ['closed', 'sockroute_connections_closed_total{code="1000",route="/b"} 1'],
  ['by whom', 'sockroute_connections_ended_total{by="peer",route="/b"} 1'],
  ['messages in', 'sockroute_messages_total{direction="in",route="/a"} 1'],
  ['messages out', 'sockroute_messages_total{direction="out",route="/a"} 1'],
  ['bytes in, with header and mask', 'sockroute_bytes_total{direction="in",route="/a"} 11'],
  ['bytes out, with header', 'sockroute_bytes_total{direction="out",route="/a"} 7'],
  ['backlog', 'sockroute_backlog_bytes{route="/a"} 0'],
  ['a bucket', 'sockroute_handshake_seconds_bucket{le="10",route="/a"} 1'],
  ['the last bucket', 'sockroute_handshake_seconds_bucket{le="+Inf",route="/a"} 1'],
  ['how many', 'sockroute_handshake_seconds_count{route="/a"} 1'],
  ['handshakes under way', 'sockroute_handshakes 0'],
  ['published', 'sockroute_topic_messages_total{outcome="published"} 1'],
  ['what was lost', 'sockroute_topic_gaps_total 0'],
  ['the type', '# TYPE sockroute_rtt_seconds histogram'],
]

t.test('a scrape', async (t) => {
  const register = new Registry()
  const app = await withTraffic(t)
  prometheus(app.ws, { register })
  const lines = (await register.metrics()).split('\n')
  t.notOk(
    lines.some((line) => line.startsWith('sockroute_broker_up ')),
    'no broker, no state of one',
  )
  for (const [what, line] of LINES) t.ok(lines.includes(line), `${what}: ${line}`)
  t.match(
    lines.find((line) => line.startsWith('sockroute_handshake_seconds_sum{route="/a"}')),
    / 0\.\d+$/,
  )
})

t.test('as OpenMetrics, with default labels, and merged', async (t) => {
  const register = new Registry()
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never) // its types know only the other
  register.setDefaultLabels({ job: 'chat' })
  const app = await withTraffic(t)
  prometheus(app.ws, { register, prefix: 'chat_' })
  const lines = (await register.metrics()).split('\n')
  t.ok(lines.includes('chat_connections_opened_total{route="/a",job="chat"} 1'), lines.join('\n'))
  t.ok(lines.includes('# TYPE chat_connections_opened counter'))
  const json = await register.getMetricsAsJSON()
  t.match(
    json.find(({ name }) => name === 'chat_connections'),
    { values: [{ value: 1, labels: { route: '/a', job: 'chat' } }, { value: 0 }] },
  )
})

t.test('whether the broker is there', async (t) => {
  const register = new Registry()
  const brokers = new MemoryBroker()
  const app = await start(t, nodeHost, {
    routes: { '/a': echo },
    options: { broker: brokers.driver(), clock: brokers.clock },
  })
  prometheus(app.ws, { register })
  const scraped = async (): Promise<string | undefined> =>
    (await register.metrics()).split('\n').find((line) => line.startsWith('sockroute_broker_up'))
  t.equal(await scraped(), 'sockroute_broker_up 0', 'it is not known yet')
  await pass(brokers.clock, 1_000, 100)
  t.equal(await scraped(), 'sockroute_broker_up 1')
  brokers.stop()
  t.equal(app.ws.topics.state, 'degraded')
  t.equal(await scraped(), 'sockroute_broker_up 0')
})

t.test('in the registry of all, until it is taken out', async (t) => {
  const app = await withTraffic(t)
  const stop = prometheus(app.ws)
  t.match(await globalRegistry.metrics(), /sockroute_connections\{/)
  globalRegistry.resetMetrics()
  t.match(await globalRegistry.metrics(), /sockroute_connections_opened_total\{route="\/a"\} 1\n/, 'it counts on')
  t.throws(() => prometheus(app.ws), /already been registered.*prefix: 'chat_ws_'.*new Registry/)
  stop()
  t.notMatch(await globalRegistry.metrics(), /sockroute_/)
})

t.test('a name that is taken: nothing is registered, and it stays whose it is', async (t) => {
  const register = new Registry()
  const app = await withTraffic(t)
  const theirs = new Gauge({ name: 'sockroute_backlog_bytes', help: 'Theirs.', registers: [register] })
  t.throws(() => prometheus(app.ws, { register }), /already been registered/)
  t.same(register.getMetricsAsArray().length, 1)
  t.equal(register.getSingleMetric('sockroute_backlog_bytes'), theirs)
  prometheus(app.ws, { register, prefix: 'ours_' })()
  t.equal(register.getMetricsAsArray().length, 1)
})

t.test('who ended it does not end what another has begun since', async (t) => {
  const register = new Registry()
  const app = await withTraffic(t)
  const stop = prometheus(app.ws, { register })
  stop()
  prometheus(app.ws, { register })
  stop()
  t.match(await register.metrics(), /sockroute_connections\{/)
})

t.test('what cannot be is refused at once', async (t) => {
  const ws = { metrics: () => undefined as never, topics: undefined as never }
  const mistakes: [call: () => unknown, message: RegExp][] = [
    [() => prometheus(undefined as never), /write|prometheus\(app\.ws\)/],
    [() => prometheus(ws, { register: {} as never }), /Registry of prom-client/],
    [() => prometheus(ws, { prefix: '1-' }), /such as 'chat_ws_'/],
    [
      () => prometheus(ws, { registry: new Registry() } as never),
      /no option registry here; the options are register, prefix/,
    ],
    [() => prometheus(ws, new Registry() as never), /prometheus\(app\.ws, \{ register \}\)/],
    [() => prometheus(ws, null as never), /options are an object/],
  ]
  for (const [call, message] of mistakes) t.throws(call, { name: 'TypeError', message })
})
