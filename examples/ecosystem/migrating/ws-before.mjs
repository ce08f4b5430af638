// migrating/ws-before.mjs
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocketServer } from 'ws'

const server = createServer((_request, response) => response.end('an ordinary response'))
const wss = new WebSocketServer({ noServer: true, maxPayload: 1_048_576 })
const rooms = new Map()

server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => undefined) // a client that resets would end the process
  const url = new URL(request.url, 'http://localhost')
  const [, room] = /^\/rooms\/(\w+)$/.exec(url.pathname) ?? []
  if (room === undefined) return refuse(socket, '404 Not Found')
  if (url.searchParams.get('token') !== 'secret') return refuse(socket, '401 Unauthorized')
  wss.handleUpgrade(request, socket, head, (socket) => join(socket, room))
})

function refuse(socket, status) {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

async function join(socket, room) {
  socket.isAlive = true
  socket.on('pong', () => {
    socket.isAlive = true
  })
  socket.on('error', console.error)
  socket.send(await greeting(room))
  const members = rooms.get(room) ?? new Set()
  rooms.set(room, members.add(socket))
  socket.on('close', () => members.delete(socket))
  socket.on('message', (data, isBinary) => {
    if (isBinary) socket.send(data)
    else for (const member of members) member.send(data.toString())
  })
}

/** Who is gone is noticed, and removed. */
setInterval(() => {
  for (const socket of wss.clients) {
    if (!socket.isAlive) socket.terminate()
    socket.isAlive = false
    socket.ping()
  }
}, 30_000)

/** Stands for a question to a database. */
const greeting = (room) => delay(20, `welcome to ${room}`)

server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening on ${server.address().port}`))
