/** An app to which everything happens that its metrics tell of. */

import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Test } from 'tap'
import { prometheus } from '../../adapters/prometheus.ts'
import { ask, dial, leave } from '../honest/visit.ts'
import { echo } from '../hosts/host.ts'
import { nodeHost } from '../hosts/node.ts'
import { type Running, start } from '../hosts/suite.ts'
import { MemoryBroker } from '../support/memory-broker.ts'
import { until } from '../support/until.ts'

/** With prom-client's own figures of the process beside ours. */
export async function measuredApp(t: Test): Promise<{ app: Running; register: Registry }> {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const fails = (): never => {
    throw new Error('a handler fails')
  }
  const routes = { '/chat': { handler: echo, options: { maxMessageBytes: 100 } }, '/fails': fails }
  const app = await start(t, nodeHost, { routes, options: { broker: new MemoryBroker().driver(), pingIntervalMs: 50 } })
  prometheus(app.ws, { register })
  return { app, register }
}

/** Somebody stays and answers pings; others leave, break off, send too much, are refused, or meet a handler that fails. */
export async function happen(t: Test, app: Running): Promise<void> {
  const before = app.ws.connections.size
  const url = `ws://127.0.0.1:${app.port}`
  const stays = await dial(`${url}/chat`)
  t.teardown(() => stays.terminate())
  await ask(stays, 'hello', 'hello')
  await leave(await dial(`${url}/chat`))
  const breaks = await dial(`${url}/chat`)
  breaks.terminate()
  const sendsTooMuch = await dial(`${url}/chat`)
  sendsTooMuch.send('x'.repeat(200))
  await dial(`${url}/fails`)
  await (await app.send({ path: '/chat', headers: { origin: 'https://evil.example' } })).readHead()
  app.ws.publish('news', 'to all')
  await until('a ping is answered', () => app.ws.metrics().roundTrips.count > 0)
  await until('the others are gone', () => app.ws.connections.size === before + 1)
}
