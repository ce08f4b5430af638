// As its README has it for several servers on one: upgrades are told apart by their paths, and those that are denied get a bare answer.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { HANDLERS } from './handlers.mjs'
import { announce, MAX_BYTES, TIME_MS } from './settings.mjs'

const wss = new WebSocketServer({
  noServer: true,
  maxPayload: MAX_BYTES,
  perMessageDeflate: true,
  closeTimeout: TIME_MS,
})
const server = createServer((request, response) => {
  response.statusCode = request.url === '/http' ? 200 : 404
  response.end()
})
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => {}) // until it is open, this is its user's to do
  if (request.url === '/hangs') return
  const handler = HANDLERS[request.url]
  if (handler !== undefined) return wss.handleUpgrade(request, socket, head, (opened) => handler(opened))
  socket.end(`HTTP/1.1 ${request.url === '/denied' ? '401 Unauthorized' : '404 Not Found'}\r\n\r\n`)
})
await once(server.listen(0, '127.0.0.1'), 'listening')
announce(server)
