/**
 * A page over HTTP and a WebSocket beside it. Who knows express-ws knows this: only the first two lines of code differ.
 *
 *     node dist/examples/hello-express.js         and open the address that it prints
 *
 * With SOCKET_PORT=3001 the page comes from one port and opens its WebSocket on another, as with a development server.
 */
import type { AddressInfo } from 'node:net'
import express from 'express'
import { websockets } from 'sockroute/express'

const { PORT = '3000', SOCKET_PORT = PORT } = process.env
const app = websockets(express())

app.get('/', (request, response) => {
  const port = SOCKET_PORT === PORT ? request.socket.localPort : Number(SOCKET_PORT)
  response.send(`<!doctype html>
    <title>hello</title>
    <pre id="log"></pre>
    <script>
      const log = (line) => document.getElementById('log').append(line + '\\n')
      const ws = new WebSocket('ws://127.0.0.1:${port}/echo')
      ws.onopen = () => { log('open'); ws.send('hello') }
      ws.onmessage = (event) => log('server: ' + event.data)
      ws.onclose = () => log('closed')
    </script>`)
})

app.ws('/echo', (ws) => {
  // Peers that have vanished are found without this, too: a heartbeat is on by default.
  const pinging = setInterval(() => ws.ping('', false, true), 1000)

  ws.on('message', (message) => {
    console.log(`client: ${message.toString()}`)
    ws.send('world')
  })
  ws.on('pong', () => console.log('pong'))
  ws.on('close', () => clearInterval(pinging))
})

// One app may listen on several ports; each carries its pages and its WebSockets.
const servers = [...new Set([PORT, SOCKET_PORT])].map((port) => app.listen(Number(port), '127.0.0.1'))
servers[0].once('listening', () => {
  console.log(`listening on http://127.0.0.1:${(servers[0].address() as AddressInfo).port}`)
})

process.once('SIGTERM', () => {
  for (const server of servers) server.close() // the WebSockets that came through it end with 1001
})
