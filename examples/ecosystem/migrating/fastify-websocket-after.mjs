// migrating/fastify-websocket-after.mjs
import { setTimeout as delay } from 'node:timers/promises'
import fastify from 'fastify'
import wsPlugin from 'sockroute/fastify'

const app = fastify()
await app.register(wsPlugin)

async function requireToken(request, reply) {
  if (request.query.token !== 'secret') return reply.code(401).send()
}

app.ws('/rooms/:room', { onRequest: requireToken }, async (socket, request) => {
  const { room } = request.params
  socket.send(await greeting(room))
  await socket.subscribe(room)
  socket.on('message', (data, isBinary) => {
    if (isBinary) socket.send(data)
    else app.ws.publish(room, data.toString())
  })
})

/** Stands for a question to a database. */
const greeting = (room) => delay(20, `welcome to ${room}`)

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${app.server.address().port}`)
