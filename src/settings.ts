import { APP_RULES, checkOptions, ROUTE_RULES } from './option-rules.ts'
import { type AppOptions, type AppSettings, DEFAULTS, type RouteOptions, type RouteSettings } from './options.ts'

/** An app's options over the defaults. @throws TypeError for an unknown option or a wrong value */
export function appSettings(options: AppOptions): AppSettings {
  requireObject(options)
  checkOptions(options, APP_RULES)
  const drain = { ...DEFAULTS.drain, ...definedOf(options.drain ?? {}) }
  return { ...overlay(DEFAULTS, options), drain } as AppSettings
}

/** A route's options as they were written, checked. @throws TypeError for an unknown option or a wrong value */
export function routeOptions(options: RouteOptions): RouteOptions {
  requireObject(options)
  checkOptions(options, ROUTE_RULES)
  return options
}

/** What `inherit` has made: the same two objects meet at every handshake of a route. */
const inherited = new WeakMap<object, WeakMap<object, object>>()

/** A route's options over those of what is around it. */
export function inherit<S extends RouteSettings>(around: S, options: RouteOptions): S {
  const known = inherited.get(around) ?? new WeakMap<object, object>()
  inherited.set(around, known)
  const settings = known.get(options) ?? overlay(around, options)
  known.set(options, settings)
  return settings as S
}

function overlay(under: object, options: object): object {
  return { ...under, ...definedOf(options) }
}

function definedOf(options: object): object {
  const set = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(set.map(([name, value]) => [name, value === 'unlimited' ? Infinity : value]))
}

function requireObject(options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError('sockroute: options are an object such as { maxMessageBytes: 65536 }')
  }
}
