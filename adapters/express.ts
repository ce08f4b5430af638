import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Application, Request, RequestHandler, Response } from 'express'
import type { PathParams } from 'express-serve-static-core'
import {
  type AnyHttp2Server,
  type AppOptions,
  checkHandler,
  Dispatcher,
  EXPRESS_HUB,
  Hub,
  inherit,
  isWebSocketUpgrade,
  type Refusal,
  type RouteOptions,
  refusalHeaders,
  responder,
  routeOptions,
  type Upgrade,
  upgradeOf,
  withVerbs,
} from '../src/adapter.ts'
import { finish } from './express-finish.ts'
import { contained } from './express-middleware.ts'
import { type Mount, mountOf, ROOT } from './express-mount.ts'
import { warnIfShadowed } from './express-shadow.ts'
import type { AnyRouter, AppWithWs, ExpressHandler, WithWs } from './express-types.ts'

export type { AppWithWs, ExpressHandler, WithWs, WsRoutes } from './express-types.ts'

/** An app with what `attach` looks for. */
type AnyApp = Application & { [EXPRESS_HUB]?: Hub; readonly request: Request; readonly response: Response }

/**
 * Gives an Express app (4 or 5) its `ws` method, and lets `app.listen()` carry upgrades. Nothing global is patched.
 *
 *     const app = websockets(express())
 *     app.ws('/chat/:room', requireUser, (socket, request) => { ... })
 *     app.listen(3000)
 *
 * With `express.Router()` it gives that router a `ws` method; `options` are then those that a route may have.
 *
 * @throws TypeError for an unknown option, a wrong value, or what is neither an app nor a router
 */
export function websockets<App extends Application>(app: App, options?: AppOptions<Request>): AppWithWs<App>
export function websockets<Router extends object>(router: Router, options?: RouteOptions<Request>): WithWs<Router>
export function websockets(target: unknown, options: AppOptions = {}): unknown {
  if (isApp(target)) return withApp(target, options)
  if (isRouter(target)) return Object.assign(withOptions(target, routeOptions(options)), { ws: wsMethod(target) })
  throw new TypeError('sockroute: websockets() takes an Express app or router: websockets(express(), options)')
}

/**
 * Lets a server of one's own (https, http2, several) carry the upgrades of an app; `app.listen()` does it by itself.
 *
 *     const server = attach(https.createServer(tls, app), app)
 *
 * @throws TypeError if the app was not given to `websockets()` before
 */
export function attach<S extends Server | AnyHttp2Server>(server: S, app: Application): S {
  const hub = (app as AnyApp | undefined)?.[EXPRESS_HUB]
  if (hub === undefined) throw new TypeError('sockroute: attach(server, app) takes an app from websockets(express())')
  if (typeof (server as Server | undefined)?.on !== 'function') {
    throw new TypeError('sockroute: attach(server, app) takes a server, such as https.createServer(tls, app)')
  }
  Dispatcher.of(server as Server).add({
    hub,
    respondTo: responder(app as AnyApp),
    route: (request, response, next) => route(app, request, response, next),
  })
  return server
}

/** What fails behind the 101 comes out at the end of routing as well, where Express would destroy the socket. */
function route(app: Application, request: IncomingMessage, response: ServerResponse, next?: () => void): unknown {
  const upgrade = upgradeOf(request)
  const run = app as unknown as AnyRouter['handle'] // an app is its own request listener
  return run(request, response, (error) => {
    if (error ? upgrade?.fail(error) : !upgrade?.isUnanswered) return
    if (error || next === undefined) finish(app, request, response, error)
    else next()
  })
}

function withApp(app: AnyApp & AnyRouter, options: AppOptions): unknown {
  if (app[EXPRESS_HUB] !== undefined) throw new TypeError('sockroute: this app has its ws method already')
  const hub = new Hub(options)
  const { listen } = app
  return Object.assign(withOptions(app, options), {
    [EXPRESS_HUB]: hub,
    ws: withVerbs(wsMethod(app), hub),
    listen(...args: unknown[]) {
      if (hub.settings.http2) hub.log('warn', {}, NO_HTTP2)
      return attach(Reflect.apply(listen, app, args) as Server, app)
    },
  })
}

const NO_HTTP2 = [
  'sockroute: app.listen() makes a server of HTTP/1.1, on which the option http2 does nothing; it is for a server of node:http2:',
  'attach(createSecureServer({ allowHTTP1: true, key, cert }, listener), app), with the listener that docs/http2.md shows',
].join(' ')

/** Where the routing of each upgrade stands. */
const mounts = new WeakMap<Upgrade, Mount>()

/** While routing stands in this router its options are in force, for it and for what is mounted on it. */
function withOptions<R extends AnyRouter>(router: R, options: RouteOptions): R {
  const { handle } = router
  router.handle = function (this: unknown, request, response, next) {
    const upgrade = upgradeOf(request)
    if (upgrade === undefined) return Reflect.apply(handle, this, [request, response, next])
    const around = upgrade.settings
    const outer = mounts.get(upgrade) ?? ROOT
    upgrade.settings = inherit(around, options)
    mounts.set(upgrade, mountOf(outer, request as Partial<Request>)) // as far as Express has come
    const leave = (error?: unknown): void => {
      upgrade.settings = around
      mounts.set(upgrade, outer)
      next?.(error)
    }
    return Reflect.apply(handle, this, [request, response, next && leave])
  }
  return router
}

function wsMethod(router: AnyRouter): (path: PathParams, ...rest: unknown[]) => AnyRouter {
  return (path, ...rest) => {
    const { options, middleware, handler } = readArguments(rest)
    router.get(path, upgradesOnly, checkHandshake(options), ...middleware.map(contained), accept(handler))
    warnIfShadowed(router, path, upgradesOnly)
    return router
  }
}

/** `(options?, ...middleware, handler)`, checked where they were written. */
function readArguments(rest: unknown[]) {
  const handler = rest.at(-1)
  checkHandler(handler, 'ws(path, options?, ...middleware, handler)')
  const [first] = rest
  const hasOptions = rest.length > 1 && (first === undefined || (typeof first === 'object' && !Array.isArray(first)))
  const middleware = rest.slice(hasOptions ? 1 : 0, -1).flat(Infinity)
  for (const one of middleware) {
    if (typeof one !== 'function') {
      throw new TypeError(
        `sockroute: ws(path, options?, ...middleware, handler) takes functions as middleware; got ${typeof one}`,
      )
    }
  }
  return {
    options: routeOptions(hasOptions && first !== undefined ? (first as RouteOptions) : {}),
    middleware: middleware as RequestHandler[], // checked above
    handler: handler as ExpressHandler, // by checkHandler
  }
}

/** The first handler of every WebSocket route: to all other requests it is as if the route were not there. */
const upgradesOnly: RequestHandler = (request, response, next) => {
  const upgrade = upgradeOf(request)
  if (upgrade !== undefined) return upgrade.isUndecided ? next() : undefined // what replies and goes on has refused
  if (!isWebSocketUpgrade(request)) return next('route')
  response.status(426).set('Upgrade', 'websocket').type('text').send(NOT_ATTACHED)
}

const NOT_ATTACHED = [
  'This server does not carry WebSockets yet. Make the app with: const app = websockets(express())',
  'and start it with app.listen(), or give a server of your own to: attach(server, app)',
  `(import { websockets, attach } from 'sockroute/express')\n`,
].join('\n')

function checkHandshake(options: RouteOptions): RequestHandler {
  return (request, response, next) => {
    const upgrade = upgradeOf(request)
    const refusal = upgrade?.check(inherit(upgrade.settings, options), {
      host: hostOf(request),
      route: routeOf(upgrade, request),
      addressOf: () => request.ip,
    })
    if (refusal === undefined) next()
    else refuse(response, refusal)
  }
}

function accept(handler: ExpressHandler): RequestHandler {
  return (request, response) => {
    const upgrade = upgradeOf(request)
    if (upgrade?.isUndecided !== true) return // middleware that replies has refused, also if it goes on
    const refusal = upgrade.accept(handler, request)
    if (refusal === undefined) response.end()
    else refuse(response, refusal)
  }
}

function refuse(response: Response, refusal: Refusal): void {
  for (const [name, value] of refusalHeaders(refusal)) response.setHeader(name, value)
  response.status(refusal.status).send(`${refusal.reason}\n`)
}

/** As it was written, behind what its routers are mounted on. */
function routeOf(upgrade: Upgrade, { route }: Request): string {
  const { name } = mounts.get(upgrade) ?? ROOT
  return name + String(route.path)
}

/** The host that the client addressed; a proxy's word for it only where the app trusts its proxy. */
function hostOf(request: Request): string | undefined {
  const isTrusted = request.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean
  const forwarded = request.headers['x-forwarded-host']
  if (forwarded === undefined || !isTrusted(request.socket.remoteAddress, 0)) return request.headers.host
  return String(forwarded).split(',')[0].trim()
}

function isApp(target: unknown): target is AnyApp & AnyRouter {
  return isRouter(target) && 'listen' in target && 'set' in target
}

function isRouter(target: unknown): target is AnyRouter {
  return typeof target === 'function' && 'handle' in target && 'get' in target
}
