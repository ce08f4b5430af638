// migrating/socket.io-after.mjs
import { createServer } from 'node:http'
import { createWebSockets } from 'sockroute'

const server = createServer()
const ws = createWebSockets()

server.on('upgrade', (request, socket, head) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  const [, room] = /^\/rooms\/(\w+)$/.exec(pathname) ?? []
  if (room === undefined) return ws.refuse(request, socket, head)
  if (searchParams.get('token') !== 'secret') return ws.refuse(request, socket, head, 401)
  ws.upgrade(request, socket, head, (socket) => {
    void socket.subscribe(room)
    socket.on('message', (message) => {
      const { id, say } = JSON.parse(message) // what is no JSON closes this connection, with 1011
      ws.publish(room, JSON.stringify({ said: say }))
      socket.send(JSON.stringify({ id, done: say.length }))
    })
  })
})

server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening on ${server.address().port}`))
