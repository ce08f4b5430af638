/**
 * Without a framework: you route, by whatever you like; the handshake, the connection and its end are taken care of.
 *
 *     new WebSocket('ws://127.0.0.1:3000/echo')
 *     new WebSocket('ws://127.0.0.1:3000/time?key=open-sesame')
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Connection, createWebSockets } from 'sockroute'

const ws = createWebSockets({ maxMessageBytes: 64 * 1024 })
const server = createServer((_request, response) => {
  response.end('WebSockets are at /echo and /time\n')
})

server.on('upgrade', (request, socket, head) => {
  const [path] = (request.url ?? '').split('?') // `new URL` would throw for some, and nobody catches it here
  if (path === '/echo') ws.upgrade(request, socket, head, echo)
  else if (path === '/time') ws.upgrade(request, socket, head, { onRequest: requireKey }, time)
  else ws.refuse(request, socket, head) // 404
})

/** Runs before the handshake is answered. To reply is to refuse. */
function requireKey(request: IncomingMessage, response: ServerResponse) {
  const [, query] = (request.url ?? '').split('?')
  if (new URLSearchParams(query).get('key') === 'open-sesame') return
  response.writeHead(401, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ error: 'a key is needed' }))
}

async function echo(socket: Connection) {
  for await (const message of socket) socket.send(message)
}

function time(socket: Connection) {
  const tell = () => socket.send(new Date().toISOString())
  tell()
  const ticking = setInterval(tell, 1000)
  socket.on('close', () => clearInterval(ticking))
}

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

process.once('SIGTERM', () => server.close()) // ends the WebSockets, too
