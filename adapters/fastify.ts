import type { FastifyInstance, FastifyPluginCallback, FastifyRegisterOptions, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import {
  type AppOptions,
  checkHandler,
  DEFAULTS,
  Dispatcher,
  FASTIFY_AROUND,
  Hub,
  inherit,
  isHttp2Server,
  routeOptions,
  withVerbs,
} from '../src/adapter.ts'
import { acceptOnFurtherServers } from './fastify-http2.ts'
import { logsRequests } from './fastify-log.ts'
import { redactUpgrades, serializersOf } from './fastify-redact.ts'
import { notingSend } from './fastify-reply.ts'
import { type Around, CONSTRAINT, type Instance, upgradeRoute, upgradesOnly } from './fastify-route.ts'
import { isRoot, passOn, routeBy } from './fastify-routing.ts'
import type { FastifyHandler, WsRouteOptions } from './fastify-types.ts'

export type { FastifyHandler, ParamsOf, WsRouteOptions, WsRoutes } from './fastify-types.ts'

const plugin: FastifyPluginCallback<AppOptions<FastifyRequest>> = (app: Instance, options, done) => {
  try {
    setUp(app, withoutFastifyKeys(options))
    done()
  } catch (error) {
    done(error as Error) // what is thrown in a plugin of this form, nobody catches
  }
}

function setUp(app: Instance, options: AppOptions): void {
  if (Object.hasOwn(app, 'ws')) {
    throw new TypeError(
      'sockroute: the plugin is registered here already; once more is for inside of a plugin of yours',
    )
  }
  const outer = app[FASTIFY_AROUND]
  const around = outer === undefined ? begin(app, options) : layer(outer, options)
  app.decorate(FASTIFY_AROUND, around)
  app.decorate('ws', withVerbs(wsMethod(app), around.hub) as Instance['ws'])
}

/**
 * Lets Fastify's routes be WebSocket endpoints. Their hooks run first; a hook that replies refuses the upgrade.
 *
 *     await app.register(wsPlugin, { maxMessageBytes: 65_536 })
 *     app.ws('/chat/:room', { onRequest: requireUser }, (socket, request) => { ... })
 *
 * Registered again inside a plugin, its options are laid over those outside, for the routes of that plugin.
 */
const wsPlugin: FastifyPluginCallback<AppOptions<FastifyRequest>> = fastifyPlugin(plugin, {
  fastify: '5.x',
  name: 'sockroute',
})

const BESIDE = [
  'sockroute: the plugin is registered in another plugin of this app, beside this one;',
  'register it once around both: await app.register(wsPlugin)',
].join(' ')

const NO_HTTP2 =
  'sockroute: the option http2 is for an app over HTTP/2: fastify({ http2: true, https: { allowHTTP1: true, key, cert } })'

/** The first registration: from here on the app's server carries upgrades, and its end is theirs. */
function begin(app: Instance, options: AppOptions): Around {
  if (app.hasConstraintStrategy(CONSTRAINT)) throw new TypeError(BESIDE)
  if (options.http2 === true && !isHttp2Server(app.server)) throw new TypeError(NO_HTTP2)
  const hub = new Hub(options, app.log, logsRequests(app))
  app.addConstraintStrategy(upgradesOnly())
  app.decorateReply('send', notingSend)
  app.addHook('preClose', () => hub.close({ deadlineMs: deadlineWithin(app, hub) }))
  app.addHook('onRequest', passOn)
  if (options.http2 === true) acceptOnFurtherServers(app)
  redactUpgrades(app)
  Dispatcher.of(app.server).add({ hub, route: routeBy(app), passesOn: isRoot(app) })
  return { hub, settings: hub.settings }
}

/** Fastify gives a hook `pluginTimeout` (10 s unless set), and `app.close()` fails when it takes longer. */
function deadlineWithin(app: FastifyInstance, hub: Hub): number {
  const { deadlineMs } = hub.settings.drain
  const { pluginTimeout = 10_000 } = app.initialConfig
  return pluginTimeout === 0 ? deadlineMs : Math.min(deadlineMs, Math.floor(pluginTimeout * 0.75))
}

/** A further one, in a plugin of the app: its options are those that a route may have. */
function layer({ hub, settings }: Around, options: AppOptions): Around {
  return { hub, settings: inherit(settings, routeOptions(options)) }
}

/** What `register` itself understands. */
const FASTIFY_KEYS = ['prefix', 'logLevel', 'logSerializers']

function withoutFastifyKeys(options: AppOptions & FastifyRegisterOptions<unknown>): AppOptions {
  const own = Object.entries(options).filter(([name]) => !FASTIFY_KEYS.includes(name))
  return Object.fromEntries(own)
}

function wsMethod(app: Instance) {
  return function ws(this: Instance | undefined, path: string, ...rest: unknown[]): FastifyInstance {
    const instance = this?.route === undefined ? app : this
    const handler = rest.pop()
    checkHandler(handler, 'ws(path, options?, handler)')
    const { ws: own = {}, ...options } = readOptions(rest)
    const around = instance[FASTIFY_AROUND] as Around // decorated together with `ws`
    const given = { ...options, logSerializers: serializersOf(instance, options.logSerializers) }
    const upgrading = upgradeRoute(given, around, own, handler as FastifyHandler) // checked by checkHandler
    return instance.route({ exposeHeadRoute: false, ...options, url: path, ...upgrading })
  }
}

/** Fastify checks its own route options; what is not theirs, and what stands in the wrong place, is found here. */
function readOptions(rest: unknown[]): WsRouteOptions {
  const [options = {}] = rest
  if (rest.length > 1 || typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(
      'sockroute: ws(path, options?, handler) takes one object of options; hooks go into it: { onRequest: requireUser }',
    )
  }
  const misplaced = Object.keys(options).find((name) => name in DEFAULTS)
  if (misplaced !== undefined) {
    throw new TypeError(`sockroute: the option ${misplaced} belongs under ws: { ws: { ${misplaced}: ... } }`)
  }
  return options
}

export { wsPlugin }
export default wsPlugin
