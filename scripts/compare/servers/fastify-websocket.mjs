// Its packages are in the folder that is the argument.
import { createRequire } from 'node:module'
import { HANDLERS } from './handlers.mjs'
import { announce, MAX_BYTES, TIME_MS } from './settings.mjs'

const require = createRequire(process.argv[2])
const app = require('fastify')()
await app.register(require('@fastify/websocket'), {
  options: { maxPayload: MAX_BYTES, perMessageDeflate: true, closeTimeout: TIME_MS },
})
app.get('/http', async () => 'over http')
for (const [path, handler] of Object.entries(HANDLERS)) app.get(path, { websocket: true }, (socket) => handler(socket))
app.get('/denied', { websocket: true, onRequest: (_request, reply) => reply.code(401).send() }, HANDLERS['/ws'])
app.get('/hangs', { websocket: true, onRequest: () => new Promise(() => {}) }, HANDLERS['/ws'])
await app.listen({ port: 0, host: '127.0.0.1' })
announce(app.server)
