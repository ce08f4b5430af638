/**
 * One hook guards a WebSocket and a plain route alike: what it replies is what the client gets, and nothing is upgraded.
 *
 *     curl -i  http://127.0.0.1:3000/me                                 401 {"error":"..."}
 *     new WebSocket('ws://127.0.0.1:3000/rooms/lobby?token=ada-secret')
 */
import cookie from '@fastify/cookie'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import wsPlugin from 'sockroute/fastify'

declare module 'fastify' {
  interface FastifyRequest {
    userName: string
  }
}

/** Stands for your own: a signed token, a session, a row in a database. */
const USERS = new Map([
  ['ada-secret', 'Ada'],
  ['bob-secret', 'Bob'],
])

const app = fastify()
await app.register(cookie)
await app.register(wsPlugin) // awaited: only then is there an app.ws
app.decorateRequest('userName', '')

/**
 * A browser cannot put an Authorization header on a WebSocket. It sends its cookies, and can write a query; prefer the
 * cookie, since queries end up in logs.
 */
async function requireUser(request: FastifyRequest, reply: FastifyReply) {
  const { token = '' } = request.query as { token?: string }
  const userName = USERS.get(request.cookies.token ?? token)
  if (userName === undefined) return reply.code(401).send({ error: 'a valid token is needed' })
  request.userName = userName
}

app.get('/me', { onRequest: requireUser }, async (request) => ({ userName: request.userName }))

app.ws('/rooms/:room', { onRequest: requireUser }, (socket, request) => {
  const { room } = request.params // typed by the path: { room: string }
  socket.send(`${request.userName}, this is ${room}`)
  socket.on('message', (message) => {
    socket.send(`${request.userName}: ${message.toString()}`)
  })
})

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${address}`)

process.once('SIGTERM', () => void app.close())
