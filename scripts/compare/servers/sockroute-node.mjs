import { once } from 'node:events'
import { createServer } from 'node:http'
import { createWebSockets } from 'sockroute'
import { HANDLERS } from './handlers.mjs'
import { announce } from './settings.mjs'
import { OPTIONS } from './sockroute-options.mjs'

const HOOKS = {
  '/denied': (_request, response) => {
    response.statusCode = 401
    response.end()
  },
  '/hangs': () => new Promise(() => {}),
}

const ws = createWebSockets(OPTIONS)
const server = createServer((request, response) => {
  response.statusCode = request.url === '/http' ? 200 : 404
  response.end()
})
server.on('upgrade', (request, socket, head) => {
  const onRequest = HOOKS[request.url]
  const handler = HANDLERS[onRequest === undefined ? request.url : '/ws']
  if (handler === undefined) ws.refuse(request, socket, head, 404)
  else ws.upgrade(request, socket, head, onRequest === undefined ? {} : { onRequest }, (socket) => handler(socket))
})
await once(server.listen(0, '127.0.0.1'), 'listening')
announce(server)
