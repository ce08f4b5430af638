// proxy.mjs
import httpProxy from '@fastify/http-proxy'
import fastify from 'fastify'
import wsPlugin from 'sockroute/fastify'

const app = fastify()
await app.register(wsPlugin, { passUpgrades: ['/api/'] })
await app.register(httpProxy, { prefix: '/api', upstream: process.env.UPSTREAM, websocket: true })

app.ws('/chat', async (socket) => {
  for await (const message of socket) socket.send(`here: ${message.toString()}`)
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${app.server.address().port}`)
