// An echo server on each host, and on `ws` to compare with: `/` sends text back as text, and binary as binary.
// Each loads its own framework alone: whatever is in memory is marked at every garbage collection, and counts.
import { createServer, type Server } from 'node:http'
import type Express from 'express'
import { type AppOptions, type Connection, createWebSockets, type LimitsHit } from 'sockroute'
import type { ServerName } from './arguments.ts'

const HOST = '127.0.0.1'

/** A server that has begun to listen. */
export interface Started {
  readonly server: Server
  readonly verbs: { readonly connections: { readonly size: number }; readonly limitsHit: Partial<LimitsHit> }
}

export function startServer(name: ServerName, port: number, options: AppOptions): Promise<Started> {
  return START[name](port, options)
}

const START: Record<ServerName, (port: number, options: AppOptions) => Promise<Started>> = {
  node: startNode,
  express4: async (port, options) =>
    startExpress((await import('express4')).default as unknown as typeof Express, port, options), // the same as far as it is used here
  express5: async (port, options) => startExpress((await import('express')).default, port, options),
  fastify: startFastify,
  ws: startWs,
}

function echo(socket: Connection): void {
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary })
  })
}

async function startExpress(express: typeof Express, port: number, options: AppOptions): Promise<Started> {
  const { websockets } = await import('sockroute/express')
  const app = websockets(express(), options)
  app.ws('/', echo)
  return { server: app.listen(port, HOST), verbs: app.ws }
}

async function startFastify(port: number, options: AppOptions): Promise<Started> {
  const { default: fastify } = await import('fastify')
  const { default: wsPlugin } = await import('sockroute/fastify')
  const app = fastify()
  await app.register(wsPlugin, options)
  app.ws('/', echo)
  await app.listen({ port, host: HOST })
  return { server: app.server, verbs: app.ws }
}

async function startNode(port: number, options: AppOptions): Promise<Started> {
  const ws = createWebSockets(options)
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/') ws.upgrade(request, socket, head, echo)
    else ws.refuse(request, socket, head)
  })
  return { server: server.listen(port, HOST), verbs: ws }
}

/** With our own default for a message's size, as its own is a hundred times that. */
async function startWs(port: number, options: AppOptions): Promise<Started> {
  const { WebSocketServer } = await import('ws')
  const server = createServer()
  const perMessageDeflate = options.compression ? { threshold: 0 } : false
  const wss = new WebSocketServer({ server, maxPayload: 1_048_576, perMessageDeflate })
  wss.on('connection', (socket) => {
    socket.on('error', () => {}) // else a bad frame is an uncaught exception
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  const verbs = { connections: wss.clients, limitsHit: {} } // it counts none
  return { server: server.listen(port, HOST), verbs }
}
