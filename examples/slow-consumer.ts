/**
 * A handler that takes its time slows down its own peer, and nobody else. While it works no message is read; TCP tells
 * the peer to wait, and what the peer still wants to send stays with the peer. Nothing is lost, and memory stays flat.
 *
 *     node dist/examples/slow-consumer.js         and open the address that it prints
 */
import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import wsPlugin from 'sockroute/fastify'

const app = fastify()
await app.register(wsPlugin)

app.ws('/import', async (socket) => {
  let count = 0
  for await (const message of socket) {
    await sleep(20) // stands for a database, a file, another service
    count++
    socket.send(JSON.stringify({ count, bytes: message.length }))
  }
  console.log(`imported ${count} messages`)
})

// 100 messages of half a MiB are more than all buffers on the way hold: watch how many bytes wait in the browser.
app.get('/', async (_request, reply) =>
  reply.type('text/html').send(`<!doctype html>
    <title>slow consumer</title>
    <p><span id="count">0</span> of 100 taken, <span id="waiting">0</span> MiB wait in this browser</p>
    <script>
      const ws = new WebSocket('ws://' + location.host + '/import')
      ws.onopen = () => {
        for (let i = 0; i < 100; i++) ws.send('x'.repeat(512 * 1024))
      }
      ws.onmessage = (event) => {
        const { count } = JSON.parse(event.data)
        document.getElementById('count').textContent = count
        document.getElementById('waiting').textContent = (ws.bufferedAmount / 1024 / 1024).toFixed(1)
        if (count === 100) ws.close()
      }
    </script>`),
)

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${address}`)

process.once('SIGTERM', () => void app.close())
