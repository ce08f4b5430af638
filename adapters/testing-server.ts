import { createServer, Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import { type AnyHttp2Server, type AppVerbs, EXPRESS_HUB, isHttp2Server } from '../src/adapter.ts'
import { attach } from './express.ts'

type ExpressApp = Parameters<typeof attach>[1]

/** Express, as far as it is asked for here. */
interface AnyExpress {
  readonly ws: AppVerbs
  readonly listen: unknown
}

/** Fastify, likewise. */
interface AnyFastify {
  readonly server: HttpServer | AnyHttp2Server
  readonly routing: unknown
  ready(): PromiseLike<unknown>
}

/** What has WebSocket routes: an Express app of `websockets(express())`, a Fastify instance, or a server with an 'upgrade' listener. */
export type Injectable = AnyExpress | AnyFastify | HttpServer | AnyHttp2Server

/** The servers of Express apps, and those in front of servers of HTTP/2; none of them ever listens. */
const servers = new WeakMap<object, HttpServer>()

/** What takes the connections of `app`. @throws TypeError for anything else */
export async function serverOf(app: Injectable): Promise<HttpServer> {
  if (app instanceof HttpServer || app instanceof HttpsServer) return answering(app)
  if (isHttp2Server(app)) return inFrontOf(answering(app))
  if (isFastify(app)) {
    await app.ready()
    return serverOf(app.server)
  }
  if (typeof app === 'function' && EXPRESS_HUB in app) return expressServer(app as ExpressApp) // it alone has one
  const got = (app as unknown) instanceof Promise ? `; got a promise: write await inject(await build(), '/chat')` : ''
  throw new TypeError(
    `sockroute: inject(app, path) takes an app of websockets(express()), a Fastify instance, or a server of node:http, node:https or node:http2${got}`,
  )
}

/** Where nobody does, a test would wait for ever. */
function answering<S extends HttpServer | AnyHttp2Server>(server: S): S {
  if (server.listenerCount('upgrade') > 0 || server.listenerCount('request') > 0) return server
  throw new TypeError(`sockroute: this server has no listener for 'upgrade' or 'request' yet: add it before inject()`)
}

/** A test's client speaks HTTP/1.1: what it asks a server of HTTP/2, it asks as over `allowHTTP1`, whether that is set or not. */
function inFrontOf(server: AnyHttp2Server): HttpServer {
  const known = servers.get(server)
  if (known !== undefined) return known
  const front = 'setSecureContext' in server ? createHttpsServer() : createServer()
  front.on('request', (request, response) => server.emit('request', request as never, response as never)) // as good as its own
  front.on('upgrade', (request, socket, head) => {
    server.emit('upgrade', request, Object.assign(socket, { server }), head) // whose end is the socket's
  })
  servers.set(server, front)
  return front
}

function isFastify(app: unknown): app is AnyFastify {
  return typeof app === 'object' && app !== null && 'routing' in app && 'ready' in app && 'server' in app
}

function expressServer(app: ExpressApp): HttpServer {
  const server = servers.get(app) ?? attach(createServer(app), app)
  servers.set(app, server)
  return server
}
