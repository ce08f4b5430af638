/** A program whose listener rejects, with the plugin that it is given: it may not live to see its client leave. */
import { once } from 'node:events'
import fastify from 'fastify'
import { WebSocket } from 'ws'

const { default: plugin } = await import(process.argv[2])
const app = fastify()
await app.register(plugin)
app.get('/ws', { websocket: true }, (socket) => {
  socket.on('message', async () => {
    throw new Error('oops')
  })
})
await app.listen({ port: 0, host: '127.0.0.1' })
const client = new WebSocket(`ws://127.0.0.1:${app.server.address().port}/ws`)
await once(client, 'open')
client.send('hi')
const [code] = await once(client, 'close')
console.log(`close ${code}`)
await app.close()
