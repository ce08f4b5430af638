/**
 * What stands around a route in production: metrics, probes, limits, the proxy's word for who the client is, and an end that a
 * load balancer hears of first. docs/operating.md says why, and has the proxies' configuration for it.
 *
 *     node dist/examples/in-production.js         GET http://127.0.0.1:3000/ready and :9464/metrics; and: kill <pid>
 */
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import { collectDefaultMetrics, register } from 'prom-client'
import wsPlugin from 'sockroute/fastify'
import { prometheus } from 'sockroute/prometheus'

const env = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)
const NOTICE_MS = env('NOTICE_MS', 5_000) // two of the load balancer's checks, and a little
const SPREAD_MS = env('SPREAD_MS', 15_000)
const DEADLINE_MS = env('DEADLINE_MS', 25_000)

const app = fastify({
  trustProxy: process.env.TRUST_PROXY ?? '127.0.0.1', // else limits by address see one address: the proxy's
  pluginTimeout: 2 * DEADLINE_MS, // what Fastify lets a shutdown take, too
})
await app.register(wsPlugin, {
  maxConnections: env('MAX_CONNECTIONS', 50_000), // as many as there are file descriptors and memory for
  maxConnectionsPerAddress: env('MAX_PER_ADDRESS', 200), // an office behind one address has many
  maxLifetimeMs: 24 * 3_600_000, // so that connections spread anew over the processes
  drain: { code: 1012, spreadMs: SPREAD_MS, deadlineMs: DEADLINE_MS },
})

app.ws('/rooms/:room', async (socket, request) => {
  await socket.subscribe(request.params.room)
  socket.send(`welcome to ${request.params.room}, ${request.ip}`)
  socket.on('message', (message) => app.ws.publish(request.params.room, message.toString()))
})

/** For the load balancer and the platform: whether to send anybody here, and whether it lives. */
let isReady = true
app.get('/ready', async (_request, reply) => (isReady ? 'ready' : reply.code(503).send('leaving')))
app.get('/alive', async () => 'alive')

collectDefaultMetrics() // memory, file descriptors, the event loop's delay
prometheus(app.ws)

/** On a port of its own, which no proxy shows to the world. */
const operators = createServer(async ({ url }, response) => {
  if (url === '/metrics') response.setHeader('content-type', register.contentType).end(await register.metrics())
  else response.writeHead(404).end()
})
operators.listen(env('METRICS_PORT', 9_464), process.env.HOST ?? '127.0.0.1')

const address = await app.listen({ host: process.env.HOST ?? '127.0.0.1', port: env('PORT', 3_000) })
console.log(`listening on ${address}`)

// once: a second SIGTERM ends the process on the spot.
process.once('SIGTERM', async () => {
  isReady = false // the load balancer sends nobody any more, and we still take who comes
  console.log(`leaving in ${NOTICE_MS} ms, with ${app.ws.connections.size} connections`)
  await sleep(NOTICE_MS)
  await app.close()
  operators.close()
  operators.closeAllConnections()
})
