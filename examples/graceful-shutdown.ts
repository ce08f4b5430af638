/**
 * SIGTERM, as a process manager sends it before an update: new connections get 503, open ones are told 1012 (service
 * restart), what has arrived is still worked off, and the process exits by itself. No process.exit().
 *
 *     node dist/examples/graceful-shutdown.js         open some connections to /orders, and: kill <pid>
 */
import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import wsPlugin from 'sockroute/fastify'

const app = fastify()
await app.register(wsPlugin, {
  // Who does not answer our close frame within two seconds is terminated. From 100 connections on the
  // closes are spread over a second, so that not all clients come back at once.
  drain: { code: 1012, spreadMs: 1_000, deadlineMs: 2_000 },
})

app.ws('/orders', async (socket) => {
  // The loop goes on for messages that came before the end. An answer can no longer be sent then: that is no error.
  for await (const order of socket) {
    await sleep(50)
    console.log(`stored: ${order.toString()}`)
    socket.send(`stored: ${order.toString()}`)
  }
  const { code } = await socket.closed
  console.log(`a client is gone: ${code}`)
})

app.get('/health', async () => ({ connections: app.ws.connections.size }))

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${address}`)

// once: a second SIGTERM ends the process on the spot.
process.once('SIGTERM', async () => {
  console.log(`closing ${app.ws.connections.size} connections`)
  await app.close()
  console.log('closed')
})
