// trpc-fastify.mjs
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import fastify from 'fastify'
import fastifyWebsocket from 'sockroute/compat/fastify-websocket'
import { router } from './trpc-router.mjs'

const app = fastify()
app.register(fastifyWebsocket)
app.register(fastifyTRPCPlugin, { prefix: '/trpc', useWSS: true, trpcOptions: { router } })

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${app.server.address().port}`)
