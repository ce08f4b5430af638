import type { IncomingMessage } from 'node:http'
import type {
  FastifyInstance,
  FastifyReply,
  onErrorHookHandler,
  onRequestHookHandler,
  RouteHandlerMethod,
  RouteOptions,
} from 'fastify'
import {
  type Connection,
  type FASTIFY_AROUND,
  type Hub,
  inherit,
  type Refusal,
  type RouteSettings,
  refusalHeaders,
  upgradeOf,
  type RouteOptions as WsOptions,
  routeOptions as wsOptions,
} from '../src/adapter.ts'
import { requestLog } from './fastify-log.ts'
import { redactedSerializers } from './fastify-redact.ts'
import { onError, sealWith } from './fastify-reply.ts'
import type { FastifyHandler } from './fastify-types.ts'

/** Only an upgrade request under way satisfies it, so HTTP keeps the same paths, and its catch-alls lose. */
export const CONSTRAINT = 'sockrouteUpgrade'

/** The hub behind `app.ws`, and the settings of the plugin around a route. */
export interface Around {
  readonly hub: Hub
  readonly settings: RouteSettings
}

export type Instance = FastifyInstance & { [FASTIFY_AROUND]?: Around }

export function upgradesOnly(): Parameters<FastifyInstance['addConstraintStrategy']>[0] {
  return {
    name: CONSTRAINT,
    storage() {
      const handlers = new Map<unknown, never>()
      return {
        get: (key) => handlers.get(key) ?? null,
        set: (key, handler) => {
          handlers.set(key, handler as never)
        },
      }
    },
    validate: () => undefined,
    deriveConstraint: (request: IncomingMessage) => (upgradeOf(request) === undefined ? undefined : true),
    mustMatchWhenDerived: true,
  }
}

type Given = Pick<RouteOptions, 'constraints' | 'onRequest' | 'onError' | 'logSerializers'>

/** Makes the connection that a request becomes, where it is of another class than ours. */
type Maker = (request: IncomingMessage) => Connection

/** What makes a route with the options `given` one for WebSockets; `own` are ours of it. */
export function upgradeRoute(
  given: Given,
  { settings }: Around,
  own: WsOptions,
  handler: FastifyHandler,
  make?: Maker,
): Given & Pick<RouteOptions, 'method' | 'handler'> {
  const hooks = [given.onRequest ?? []].flat() as onRequestHookHandler[]
  const errorHooks = [given.onError ?? []].flat() as onErrorHookHandler[]
  return {
    method: 'GET',
    constraints: { ...given.constraints, [CONSTRAINT]: true },
    onRequest: [checkHandshake(inherit(settings, wsOptions(own))), ...hooks],
    onError: [onError, ...errorHooks],
    logSerializers: redactedSerializers(given.logSerializers),
    handler: accept(handler, make),
  }
}

function checkHandshake(settings: RouteSettings): onRequestHookHandler {
  return (request, reply, done) => {
    const upgrade = upgradeOf(request.raw)
    if (upgrade === undefined) return done()
    if (!upgrade.isUndecided) return // an outer hook has replied, and gone on
    const refusal = upgrade.check(settings, {
      host: request.host,
      route: request.routeOptions.url,
      addressOf: () => request.ip,
      log: requestLog(request),
    })
    if (refusal === undefined) done()
    else refuse(reply, refusal)
  }
}

function accept(handler: FastifyHandler, make?: Maker): RouteHandlerMethod {
  return (request, reply) => {
    const upgrade = upgradeOf(request.raw)
    if (upgrade?.isUndecided !== true) return reply // a hook that replies has refused, also if it goes on
    const refusal = upgrade.accept(handler, request, make?.(request.raw))
    if (refusal !== undefined) return refuse(reply, refusal)
    sealWith(reply, upgrade)
    return reply.code(101).send()
  }
}

function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return reply
    .code(refusal.status)
    .headers(Object.fromEntries(refusalHeaders(refusal)))
    .send(`${refusal.reason}\n`)
}
