// An echo server on each host, for measuring and for conformance: `/` sends text back as text, and binary as binary.
// Each loads its own framework alone: whatever is in memory is marked at every garbage collection, and counts.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Connection, createWebSockets, type RouteOptions } from 'sockroute'
import { readArguments, type ServerName } from './arguments.ts'

const HOST = '127.0.0.1'

function echo(socket: Connection): void {
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary })
  })
}

async function startExpress(name: 'express' | 'express4', port: number, options: RouteOptions): Promise<Server> {
  const { default: express } = await (name === 'express' ? import('express') : import('express4'))
  const { websockets } = await import('sockroute/express')
  const app = websockets(express(), options)
  app.ws('/', echo)
  return app.listen(port, HOST)
}

async function startFastify(port: number, options: RouteOptions): Promise<Server> {
  const { default: fastify } = await import('fastify')
  const { default: wsPlugin } = await import('sockroute/fastify')
  const app = fastify()
  await app.register(wsPlugin, options)
  app.ws('/', echo)
  await app.listen({ port, host: HOST })
  return app.server
}

function startNode(port: number, options: RouteOptions): Server {
  const ws = createWebSockets(options)
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/') ws.upgrade(request, socket, head, echo)
    else ws.refuse(request, socket, head)
  })
  return server.listen(port, HOST)
}

const START: Record<ServerName, (port: number, options: RouteOptions) => Server | Promise<Server>> = {
  node: startNode,
  express4: (port, options) => startExpress('express4', port, options),
  express5: (port, options) => startExpress('express', port, options),
  fastify: startFastify,
}

try {
  const { server: name, port, options } = readArguments(process.argv.slice(2))
  const server = await START[name](port, options)
  const announce = (): void => console.log(`listening ${(server.address() as AddressInfo).port} ${process.pid}`)
  if (server.listening) announce()
  else server.once('listening', announce)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
