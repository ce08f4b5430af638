// migrating/ws-after.mjs
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { createWebSockets } from 'sockroute'

const server = createServer((_request, response) => response.end('an ordinary response'))
const ws = createWebSockets()

server.on('upgrade', (request, socket, head) => {
  const url = new URL(request.url, 'http://localhost')
  const [, room] = /^\/rooms\/(\w+)$/.exec(url.pathname) ?? []
  if (room === undefined) return ws.refuse(request, socket, head)
  if (url.searchParams.get('token') !== 'secret') return ws.refuse(request, socket, head, 401)
  ws.upgrade(request, socket, head, (socket) => join(socket, room))
})

async function join(socket, room) {
  socket.send(await greeting(room))
  await socket.subscribe(room)
  socket.on('message', (data, isBinary) => {
    if (isBinary) socket.send(data)
    else ws.publish(room, data.toString())
  })
}

/** Stands for a question to a database. */
const greeting = (room) => delay(20, `welcome to ${room}`)

server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening on ${server.address().port}`))
