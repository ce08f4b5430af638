// A server on each host, and on `ws` to compare with: `/` sends text back as text, and binary as binary, unless another task is given;
// what is sent to `/broadcast` goes to all who are connected there.
// Each loads its own framework alone: whatever is in memory is marked at every garbage collection, and counts.
import { createServer, type Server } from 'node:http'
import * as http2 from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { createRequire } from 'node:module'
import type Express from 'express'
import type { FastifyInstance } from 'fastify'
import { type AppOptions, type Connection, createWebSockets, type LimitsHit, type WebSockets } from 'sockroute'
import type * as Ws from 'ws'
import type { ServerName } from './arguments.ts'
import { TASKS, type TaskName, WS_TASKS } from './tasks.ts'
import { keepAlive, wsOptions } from './ws-settings.ts'

const HOST = '127.0.0.1'

/** A server that has begun to listen. */
export interface Started {
  readonly server: Server
  readonly verbs: { readonly connections: { readonly size: number }; readonly limitsHit: Partial<LimitsHit> }
}

export interface ServerSettings {
  /** @defaultValue 'echo' */
  readonly task?: TaskName
  /** Serves wss:// with this key and certificate, in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** The file from which packages are resolved that are not ours: `ws` alone. @defaultValue this one */
  readonly packages?: string
}

type Start = (port: number, options: AppOptions, settings: ServerSettings) => Promise<Started>

export function startServer(
  name: ServerName,
  port: number,
  options: AppOptions,
  settings: ServerSettings = {},
): Promise<Started> {
  return START[name](port, options, settings)
}

const START: Record<ServerName, Start> = {
  node: startNode,
  express4: async (...rest) => startExpress((await import('express4')).default as unknown as typeof Express, ...rest), // the same as far as it is used here
  express5: async (...rest) => startExpress((await import('express')).default, ...rest),
  fastify: startFastify,
  'node-http2': startNodeHttp2,
  'fastify-http2': startFastifyHttp2,
  ws: startWs,
}

async function startExpress(express: typeof Express, ...[port, options, settings]: Parameters<Start>) {
  const { attach, websockets } = await import('sockroute/express')
  const app = websockets(express(), options)
  const task = TASKS[settings.task ?? 'echo']
  app.ws('/', (socket) => task(socket, app.ws))
  app.ws('/broadcast', (socket) => TASKS.publish(socket, app.ws))
  if (settings.tls === undefined) return { server: app.listen(port, HOST), verbs: app.ws }
  return { server: attach(createTlsServer(settings.tls, app), app).listen(port, HOST), verbs: app.ws }
}

async function startFastify(...rest: Parameters<Start>): Promise<Started> {
  const { default: fastify } = await import('fastify')
  return listen(fastify({ https: rest[2].tls ?? null }) as unknown as FastifyInstance, ...rest) // its server is as good as any
}

/** With TLS clients of HTTP/1.1 may come, too. */
async function startFastifyHttp2(...[port, options, settings]: Parameters<Start>): Promise<Started> {
  const { default: fastify } = await import('fastify')
  const { tls } = settings
  const app = tls ? fastify({ http2: true, https: { allowHTTP1: true, ...tls } }) : fastify({ http2: true })
  return listen(app as unknown as FastifyInstance, port, { ...options, http2: true }, settings)
}

async function listen(app: FastifyInstance, ...[port, options, settings]: Parameters<Start>): Promise<Started> {
  const { default: wsPlugin } = await import('sockroute/fastify')
  await app.register(wsPlugin, options)
  const task = TASKS[settings.task ?? 'echo']
  app.ws('/', (socket) => task(socket, app.ws))
  app.ws('/broadcast', (socket) => TASKS.publish(socket, app.ws))
  await app.listen({ port, host: HOST })
  return { server: app.server, verbs: app.ws }
}

async function startNode(...[port, options, settings]: Parameters<Start>): Promise<Started> {
  return listenOn(plainServer(settings), createWebSockets(options), port, settings)
}

async function startNodeHttp2(...[port, options, { tls, ...settings }]: Parameters<Start>): Promise<Started> {
  const ws = createWebSockets(options)
  const server = tls ? http2.createSecureServer({ allowHTTP1: true, ...tls }) : http2.createServer()
  ws.acceptHttp2(server)
  return listenOn(server as unknown as Server, ws, port, settings) // it has what is used of one
}

function listenOn(server: Server, ws: WebSockets, port: number, settings: ServerSettings): Started {
  const task = TASKS[settings.task ?? 'echo']
  const routes: Partial<Record<string, (socket: Connection) => unknown>> = {
    '/': (socket) => task(socket, ws),
    '/broadcast': (socket) => TASKS.publish(socket, ws),
  }
  server.on('upgrade', (request, socket, head) => {
    const handle = routes[request.url ?? '']
    if (handle !== undefined) ws.upgrade(request, socket, head, handle)
    else ws.refuse(request, socket, head)
  })
  return { server: server.listen(port, HOST), verbs: ws }
}

async function startWs(...[port, options, settings]: Parameters<Start>): Promise<Started> {
  const require = createRequire(settings.packages ?? import.meta.url)
  const { WebSocketServer } = require('ws') as typeof Ws // which has the types of the repository's own
  const server = plainServer(settings)
  const wss = new WebSocketServer({ server, ...wsOptions(options) })
  const task = WS_TASKS[settings.task ?? 'echo']
  const listeners = new Set<Ws.WebSocket>()
  wss.on('connection', (socket, request) => {
    socket.on('error', () => {}) // else a bad frame is an uncaught exception
    if (request.url !== '/broadcast') return task(socket, wss.clients)
    listeners.add(socket)
    socket.on('close', () => listeners.delete(socket))
    return WS_TASKS.publish(socket, listeners)
  })
  if (options.pingIntervalMs !== undefined) keepAlive(wss, options.pingIntervalMs)
  return { server: server.listen(port, HOST), verbs: { connections: wss.clients, limitsHit: {} } } // it counts none
}

function plainServer({ tls }: ServerSettings): Server {
  return tls === undefined ? createServer() : createTlsServer(tls)
}
