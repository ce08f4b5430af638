import fastify from 'fastify'
import wsPlugin from 'sockroute/fastify'
import { HANDLERS } from './handlers.mjs'
import { announce } from './settings.mjs'
import { OPTIONS } from './sockroute-options.mjs'

const app = fastify()
await app.register(wsPlugin, OPTIONS)
app.get('/http', async () => 'over http')
for (const [path, handler] of Object.entries(HANDLERS)) app.ws(path, (socket) => handler(socket))
app.ws('/denied', { onRequest: (_request, reply) => reply.code(401).send() }, HANDLERS['/ws'])
app.ws('/hangs', { onRequest: () => new Promise(() => {}) }, HANDLERS['/ws'])
await app.listen({ port: 0, host: '127.0.0.1' })
announce(app.server)
