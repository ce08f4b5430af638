// graphql-fastify.mjs
import fastify from 'fastify'
import { makeHandler } from 'graphql-ws/use/@fastify/websocket'
import fastifyWebsocket from 'sockroute/compat/fastify-websocket'
import { roots, schema } from './graphql-schema.mjs'

const app = fastify()
await app.register(fastifyWebsocket)

app.get('/graphql', { websocket: true }, makeHandler({ schema, roots }))

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${app.server.address().port}`)
