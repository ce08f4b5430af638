/** What TypeScript knows of the drop-in for `@fastify/websocket`: what was typed against that compiles. Nothing here runs. */

import Fastify, { type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify'
import fastifyWebsocket, {
  fastifyWebsocket as named,
  type WebSocket,
  type WebsocketHandler,
} from '../../adapters/fastify-websocket.ts'
import { type Equal, expectType } from './expect.ts'

const app = Fastify()
app.register(fastifyWebsocket)
app.register(named, {})
app.register(fastifyWebsocket, { options: { maxPayload: 123, perMessageDeflate: true, clientTracking: false } })
app.register(fastifyWebsocket, {
  errorHandler(error, socket, request, reply) {
    void this.prefix
    expectType<Equal<typeof error, Error>>(true)
    expectType<Equal<typeof socket, WebSocket>>(true)
    expectType<Equal<typeof request, FastifyRequest>>(true)
    expectType<Equal<typeof reply, FastifyReply>>(true)
  },
})
app.register(fastifyWebsocket, { preClose: (done) => done() })
app.register(fastifyWebsocket, { preClose: async () => {} })
app.register(fastifyWebsocket, { ws: { origins: ['https://app.example.com'] } })
app.register(fastifyWebsocket, {
  options: {
    verifyClient: ({ origin, secure, req }, callback) => callback(secure, 403, origin, { 'x-url': req.url }),
    handleProtocols: (offered, request) => (request.url === '/' ? [...offered][0] : false),
  },
})

app.get('/inferred', { websocket: true }, async function (socket, request) {
  void this.prefix
  expectType<Equal<typeof socket, WebSocket>>(true)
  expectType<Equal<typeof request.ws, boolean>>(true)
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})

const handler: WebsocketHandler = async (socket, request) => {
  expectType<Equal<typeof socket, WebSocket>>(true)
  request.log.info(request.id)
}
app.get('/annotated', { websocket: true }, handler)

app.get('/http', async (request, reply) => {
  expectType<Equal<typeof request, FastifyRequest>>(true)
  expectType<Equal<typeof reply, FastifyReply>>(true)
})
app.get('/not-websocket', { websocket: false }, async (request, reply) => {
  expectType<Equal<typeof request.ws, boolean>>(true)
  reply.header('x', 'y')
})

app.get<{ Params: { foo: string }; Querystring: { search: string } }>(
  '/explicit/:foo',
  { websocket: true, onRequest: async (request) => void request.params.foo, ws: { maxMessageBytes: 1_024 } },
  (socket, request) => {
    expectType<Equal<typeof request.params, { foo: string }>>(true)
    expectType<Equal<typeof request.query, { search: string }>>(true)
    socket.close()
  },
)

app.route<{ Params: { foo: string } }>({
  method: 'GET',
  url: '/both/:foo',
  handler: (request, reply) => {
    expectType<Equal<typeof request.params, { foo: string }>>(true)
    reply.send('http')
  },
  wsHandler: (socket, request) => {
    expectType<Equal<typeof request.params, { foo: string }>>(true)
    expectType<Equal<typeof socket, WebSocket>>(true)
  },
})
app.route({
  method: 'GET',
  url: '/full',
  websocket: true,
  handler: (socket, request) => {
    expectType<Equal<typeof socket, WebSocket>>(true)
    expectType<Equal<typeof request.ws, boolean>>(true)
  },
})
const options: RouteOptions = {
  method: 'GET',
  url: '/separate',
  handler: (_request, reply) => reply.send('http'),
  wsHandler: (socket) => socket.close(1000),
}
app.route(options)

// Broadcasting, the server's events, and tests without a port.
for (const client of app.websocketServer.clients) {
  if (client.readyState === client.OPEN) client.send('hello')
}
app.websocketServer.on('connection', (socket, request) => {
  expectType<Equal<typeof request.url, string | undefined>>(true)
  socket.send('hello')
})
app.websocketServer.close(() => {})
const injected = await app.injectWS(
  '/',
  { headers: { authorization: 'Bearer x' } },
  { onInit: (ws) => void ws.protocol },
)
injected.terminate()

// Beside it, sockroute's own routes.
app.ws('/chat/:room', (socket, request) => {
  socket.send(request.params.room)
})

// @ts-expect-error: no such option
app.register(fastifyWebsocket, { maxPayload: 1 })
// @ts-expect-error: a WebSocket's handler gets no reply
app.get('/wrong', { websocket: true }, (_socket, _request, reply) => reply.send('x'))
