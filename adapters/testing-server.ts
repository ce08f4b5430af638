import { createServer, Server as HttpServer } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import { type AppVerbs, EXPRESS_HUB } from '../src/adapter.ts'
import { attach } from './express.ts'

type ExpressApp = Parameters<typeof attach>[1]

/** Express, as far as it is asked for here. */
interface AnyExpress {
  readonly ws: AppVerbs
  readonly listen: unknown
}

/** Fastify, likewise. */
interface AnyFastify {
  readonly server: HttpServer
  readonly routing: unknown
  ready(): PromiseLike<unknown>
}

/** What has WebSocket routes: an Express app of `websockets(express())`, a Fastify instance, or a server with an 'upgrade' listener. */
export type Injectable = AnyExpress | AnyFastify | HttpServer

/** The servers of Express apps, none of which ever listens. */
const servers = new WeakMap<object, HttpServer>()

/** What takes the connections of `app`. @throws TypeError for anything else */
export async function serverOf(app: Injectable): Promise<HttpServer> {
  if (app instanceof HttpServer || app instanceof HttpsServer) return answering(app)
  if (isFastify(app)) {
    await app.ready()
    return serverOf(app.server)
  }
  if (typeof app === 'function' && EXPRESS_HUB in app) return expressServer(app as ExpressApp) // it alone has one
  const got = (app as unknown) instanceof Promise ? `; got a promise: write await inject(await build(), '/chat')` : ''
  throw new TypeError(
    `sockroute: inject(app, path) takes an app of websockets(express()), a Fastify instance, or a server of node:http or node:https${got}`,
  )
}

/** Where nobody does, a test would wait for ever. */
function answering(server: HttpServer): HttpServer {
  if (server.listenerCount('upgrade') > 0 || server.listenerCount('request') > 0) return server
  throw new TypeError(`sockroute: this server has no listener for 'upgrade' or 'request' yet: add it before inject()`)
}

function isFastify(app: unknown): app is AnyFastify {
  return typeof app === 'object' && app !== null && 'routing' in app && 'ready' in app && 'server' in app
}

function expressServer(app: ExpressApp): HttpServer {
  const server = servers.get(app) ?? attach(createServer(app), app)
  servers.set(app, server)
  return server
}
