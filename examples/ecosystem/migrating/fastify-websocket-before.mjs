// migrating/fastify-websocket-before.mjs
import { setTimeout as delay } from 'node:timers/promises'
import websocket from '@fastify/websocket'
import fastify from 'fastify'

const app = fastify()
await app.register(websocket, { options: { maxPayload: 1_048_576 } })
const rooms = new Map()

async function requireToken(request, reply) {
  if (request.query.token !== 'secret') return reply.code(401).send()
}

app.get('/rooms/:room', { websocket: true, onRequest: requireToken }, async (socket, request) => {
  const { room } = request.params
  socket.on('error', console.error)
  socket.send(await greeting(room))
  const members = rooms.get(room) ?? new Set()
  rooms.set(room, members.add(socket))
  socket.on('close', () => members.delete(socket))
  socket.on('message', (data, isBinary) => {
    if (isBinary) socket.send(data)
    else for (const member of members) member.send(data.toString())
  })
})

/** Stands for a question to a database. */
const greeting = (room) => delay(20, `welcome to ${room}`)

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${app.server.address().port}`)
