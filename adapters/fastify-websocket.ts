import type { FastifyInstance, FastifyPluginCallback, RouteOptions as FastifyRoute } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { Dispatcher, FASTIFY_AROUND, type RouteOptions, upgradeOf } from '../src/adapter.ts'
import wsPlugin from './fastify.ts'
import { type Around, type Instance, upgradeRoute } from './fastify-route.ts'
import { isRoot, routeBy } from './fastify-routing.ts'
import { Admission } from './fastify-websocket-admission.ts'
import { injectInto } from './fastify-websocket-inject.ts'
import { checkPluginOptions, optionsOf } from './fastify-websocket-options.ts'
import { PluginServer, type WebSocketServerOptions } from './fastify-websocket-server.ts'
import type { WebsocketHandler, WebsocketPluginOptions } from './fastify-websocket-types.ts'
import { totalBytesFor } from './ws-total.ts'

export type { WebSocketServerOptions } from './fastify-websocket-server.ts'
export type { InjectWSOption, WebsocketHandler, WebsocketPluginOptions } from './fastify-websocket-types.ts'
export type { WebSocket } from './ws-socket.ts'

/** What an `onRoute` hook is given: a route's options, with what this plugin adds to them. */
interface Route extends FastifyRoute {
  websocket?: boolean
  wsHandler?: WebsocketHandler
  /** Of sockroute. */
  ws?: RouteOptions
  /** Without the prefix of its plugin. */
  routePath: string
  prefix: string
}

const plugin: FastifyPluginCallback<WebsocketPluginOptions> = (app, options, done) => {
  try {
    checkPluginOptions(options)
    setUp(app, options, done)
  } catch (error) {
    done(error as Error) // what is thrown in a plugin of this form, nobody catches
  }
}

function setUp(app: FastifyInstance, options: WebsocketPluginOptions, done: (error?: Error) => void): void {
  const server = new PluginServer(options.options)
  if (server.options.path) app.log.warn({ path: server.options.path }, PATH)
  app.decorate('websocketServer', server)
  app.decorateRequest('ws', false)
  app.addHook('onRequest', (request, _reply, next) => {
    request.ws = upgradeOf(request.raw) !== undefined
    next()
  })
  if (options.preClose !== undefined) app.addHook('preClose', options.preClose) // ours then ends what is left
  app.addHook('preClose', async () => server.close())
  app.decorate('injectWS', injectInto(options.options?.server ?? app.server))
  const admission = new Admission(server, options.errorHandler)
  app.addHook('onRoute', function (route) {
    onRoute(this, route as unknown as Route, admission) // of GET routes Fastify has filled these in
  })
  const routeOptions = optionsOf(server.options, options.ws)
  const isInner = FASTIFY_AROUND in app
  wsPlugin(app, isInner ? routeOptions : { maxTotalBytes: totalBytesFor(routeOptions), ...routeOptions }, (error) => {
    if (error === undefined && options.options?.server) carryToo(app, options.options.server)
    done(error)
  })
}

const PATH = 'sockroute: the option path refuses all other paths with 400: leave it out, the routes say which there are'

/** A server beside the app's own, whose upgrades the routes are for as well. */
function carryToo(app: Instance, server: NonNullable<WebSocketServerOptions['server']>): void {
  const { hub } = app[FASTIFY_AROUND] as Around // this plugin's own
  Dispatcher.of(server).add({ hub, route: routeBy(app), passesOn: isRoot(app) })
}

function onRoute(instance: FastifyInstance, route: Route, admission: Admission): void {
  const { websocket, wsHandler, ...http } = route
  if (websocket !== true && wsHandler === undefined) return
  const methods = [route.method].flat()
  const other = methods.find((method) => method !== 'GET' && method !== 'HEAD')
  if (other !== undefined) {
    throw new TypeError(`sockroute: a WebSocket route is declared by get() or route({ method: 'GET' }); got ${other}`)
  }
  if (!methods.includes('GET')) {
    if (websocket === true) route.handler = (_request, reply) => reply.code(404).send()
    return
  }
  const handler = websocket === true ? (route.handler as unknown as WebsocketHandler) : wsHandler
  const upgrading = upgradingRoute(instance, route, handler, admission)
  if (websocket === true) Object.assign(route, upgrading)
  else instance.route({ ...http, url: urlOf(route), exposeHeadRoute: false, ...upgrading }) // `route` stays HTTP's
}

function upgradingRoute(
  instance: Instance,
  route: Route,
  handler: WebsocketHandler | undefined,
  admission: Admission,
): Partial<FastifyRoute> & Pick<FastifyRoute, 'method' | 'handler'> {
  if (typeof handler !== 'function') {
    throw new TypeError(
      `sockroute: wsHandler takes a function such as (socket, request) => { ... }; got ${typeof handler}`,
    )
  }
  const around = instance[FASTIFY_AROUND] as Around // this plugin's own
  const own = { ...admission.optionsFor(instance), ...route.ws }
  return {
    ...upgradeRoute(route, around, own, admission.handlerFor(instance, handler), admission.make),
    preHandler: [...[route.preHandler ?? []].flat(), admission.decide],
    schema: Object.assign({}, route.schema, { hide: true }), // it is no operation of HTTP
  }
}

/** Fastify gives '/' in a plugin with a prefix two URLs, with and without the slash, and tells its hooks of the one without. */
function urlOf({ routePath, prefix }: Route): string {
  return routePath === '' && prefix !== '' ? '/' : routePath
}

/**
 * A drop-in for `@fastify/websocket`: its options, `{ websocket: true }` and `wsHandler` routes, `app.websocketServer` and
 * `app.injectWS`, on sockroute's Fastify adapter. `app.ws` is there as well, so that routes can move one by one.
 *
 *     await app.register(fastifyWebsocket, { options: { maxPayload: 1_048_576 } })
 *     app.get('/chat', { websocket: true }, (socket, request) => { ... })
 *
 * As there, messages may have 100 MiB, and pages of any origin connect; `ws: { origins: [...] }` is where sockroute's own
 * options are set. docs/fastify-websocket.md tells what differs.
 *
 * @throws TypeError for an unknown option, or a wrong value
 */
const fastifyWebsocket: FastifyPluginCallback<WebsocketPluginOptions> = fastifyPlugin(plugin, {
  fastify: '5.x',
  name: '@fastify/websocket', // what other plugins depend on
})

export { fastifyWebsocket }
export default fastifyWebsocket
