/** What TypeScript knows of channels and metrics. Checked by tsc alone; nothing here runs. */

import { type OpenMetricsContentType, Registry } from 'prom-client'
import { openTelemetry } from '../../adapters/opentelemetry.ts'
import { prometheus } from '../../adapters/prometheus.ts'
import {
  type ClosedBy,
  type Connection,
  createWebSockets,
  type DiagnosticsEvents,
  type Metrics,
  observe,
  type RefusalReason,
  type TimesTaken,
} from '../../src/index.ts'
import { type Equal, expectType } from './expect.ts'

observe('sockroute:connection:closed', (event) => {
  expectType<Equal<typeof event, DiagnosticsEvents['sockroute:connection:closed']>>(true)
  expectType<Equal<typeof event.closedBy, ClosedBy>>(true)
  expectType<Equal<typeof event.connection, Connection>>(true)
})
observe('sockroute:frame', ({ direction, payload }) => {
  expectType<Equal<typeof direction, 'in' | 'out'>>(true)
  expectType<Equal<typeof payload, Buffer>>(true)
})
const socket = {} as Connection<{ user: string }>
observe('sockroute:message', ({ data }) => expectType<Equal<typeof data, Buffer | undefined>>(true), {
  connection: socket,
})
observe('sockroute:rtt', () => undefined, {})
// @ts-expect-error round trips are told of all
observe('sockroute:rtt', () => undefined, { connection: socket })
// @ts-expect-error a socket, and not its transport
observe('sockroute:frame', () => undefined, { connection: process.stdin })
// @ts-expect-error there is no such channel
observe('sockroute:frames', () => undefined)

const ws = createWebSockets({ reauthenticate: (_socket, request) => request.url !== '' })
const metrics = ws.metrics()
expectType<Equal<typeof metrics, Metrics>>(true)
expectType<Equal<typeof metrics.roundTrips, TimesTaken>>(true)
const reasons: Partial<Record<RefusalReason, number>> = metrics.routes['/chat'].refused
const stops: (() => void)[] = [prometheus(ws, { prefix: 'chat_' }), openTelemetry(ws, {})]
prometheus(ws, { register: new Registry<OpenMetricsContentType>() })
// @ts-expect-error the registry is prom-client's
prometheus(ws, { register: new Map() })

export { reasons, stops }
