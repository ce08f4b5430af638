// yjs-fastify.mjs
import { setupWSConnection } from '@y/websocket-server/utils'
import fastify from 'fastify'
import wsPlugin from 'sockroute/fastify'

const app = fastify()
await app.register(wsPlugin)

app.ws('/yjs/:room', (socket, request) => {
  setupWSConnection(socket, request, { docName: request.params.room })
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${app.server.address().port}`)
