import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, createSecureServer } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { isHttp2Server } from '../../src/http2/accept.ts'
import { createWebSockets } from '../../src/index.ts'
import { TLS } from '../adapters/tls.ts'
import { type AppSpec, type Exchange, type Host, type HostedApp, holdEnd, type RouteSpec, routesOf } from './host.ts'

/** Plain `node:http`: routing is a lookup of the path. */
export const nodeHost: Host = { name: 'node:http', isFramework: false, start: (spec) => start(spec, createServer) }

/** The same with `node:http2`. */
export const nodeHttp2Host: Host = {
  name: 'node:http2',
  isFramework: false,
  // Its requests and responses are as good here.
  start: (spec) => start(spec, (spec.isSecure ? createSecure : createHttp2Server) as unknown as typeof createServer),
}

const createSecure = (listener: Parameters<typeof createHttp2Server>[0]) =>
  createSecureServer({ ...TLS, allowHTTP1: true }, listener as never) // likewise

async function start(spec: AppSpec, create: typeof createServer): Promise<HostedApp> {
  const ws = createWebSockets(spec.options)
  const routes = new Map(routesOf(spec).map(([path, route]) => [path, withHooks(path, route)]))
  const server = create((request, response) => void serve(request, response))
  if (isHttp2Server(server)) ws.acceptHttp2(server)
  spec.onServer?.(server)
  server.on('upgrade', (request, socket, head) => {
    const [path] = String(request.url).split('?')
    const route = routes.get(path)
    if (isPassed(request, spec)) return
    if (route === undefined) ws.refuse(request, socket, head)
    else ws.upgrade(request, socket, head, route.options, route.handler)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    ws,
    async close() {
      const closed = once(server, 'close')
      server.close()
      await ws.close()
      await closed
    },
  }
}

function withHooks(path: string, { options, hooks = [], handler }: RouteSpec) {
  return {
    handler,
    options: {
      ...options,
      route: path,
      async onRequest(request: IncomingMessage, response: ServerResponse, signal: AbortSignal) {
        for (const hook of hooks) {
          if (response.writableEnded) return
          await hook(exchangeOf(request, response, signal))
        }
      },
    },
  }
}

function exchangeOf(raw: IncomingMessage, response: ServerResponse, signal: AbortSignal): Exchange {
  return {
    raw,
    signal,
    setHeader: (name, value) => response.setHeader(name, value),
    setStatus(status) {
      response.statusCode = status
    },
    hold: () => holdEnd(response),
    reply(status, body = '', headers = {}) {
      response.statusCode = status
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      if (typeof body === 'object') response.setHeader('Content-Type', 'application/json')
      response.end(typeof body === 'object' ? JSON.stringify(body) : body)
    },
  }
}

/** Here it is the listener's own business which upgrades are for others. */
function isPassed(request: IncomingMessage, { options }: AppSpec): boolean {
  const passed = options?.passUpgrades ?? []
  if (typeof passed === 'function') return passed(request)
  return passed.some((prefix) => request.url?.startsWith(prefix))
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method} ${request.url}`
  if (route === 'GET /http' || route === 'GET /both') response.end('over http')
  else if (route === 'POST /http') response.end(await buffer(request))
  else {
    response.statusCode = 404
    response.end('Not Found\n')
  }
}
