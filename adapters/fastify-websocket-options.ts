import { type AppOptions, checkOptions, type RouteOptions, type Rule } from '../src/adapter.ts'
import { protocolsOf, routeOptionsOf } from './ws-options.ts'
import type { ServerOptions } from './ws-types.ts'

const fn: Rule = (value) => (typeof value === 'function' ? undefined : 'takes a function')

const object: Rule = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'takes an object'

const RULES: Record<string, Rule> = {
  options: (value) => object(value) ?? noRouting(value as object), // an object, as checked
  errorHandler: fn,
  preClose: fn,
  ws: object, // looked at where it is laid over the rest
  prefix: () => undefined, // these are Fastify's
  logLevel: () => undefined,
  logSerializers: () => undefined,
}

/** Ports are Fastify's here. */
function noRouting(options: object): string | undefined {
  const name = ['noServer', 'port', 'host', 'backlog', 'WebSocket'].find((one) => one in options)
  return name && `takes no ${name}: the app listens, and its routes are here; for a server apart use sockroute/ws`
}

/** @throws TypeError for an unknown option, or a wrong value */
export function checkPluginOptions(options: object): void {
  checkOptions(options, RULES)
}

/** What the routes are opened with, under what `own` says. Which subprotocol is picked may be said later: `options` are live. */
export function optionsOf(options: ServerOptions, own: AppOptions = {}): AppOptions {
  const protocols: RouteOptions['protocols'] = (offered, request) => protocolsOf(options)(offered, request)
  return { ...routeOptionsOf(options), protocols, ...own }
}
