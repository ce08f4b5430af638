import { type AppSettings, type ConnectionSettings, DEFAULTS, type RouteSettings } from './defaults.ts'
import { APP_RULES, checkOptions, DRAIN_RULES, ROUTE_RULES } from './option-rules.ts'
import type { AppOptions, DrainOptions, Logger, RouteOptions } from './options.ts'

/** An app's options over the defaults. @throws TypeError for an unknown option or a wrong value */
export function appSettings(options: AppOptions): AppSettings {
  checkOptions(options, APP_RULES)
  const drain = { ...DEFAULTS.drain, ...definedOf(options.drain ?? {}) }
  const settings = { ...overlay(DEFAULTS, options), drain } as AppSettings
  checkTogether(settings)
  checkTotal(options, settings)
  checkLog(settings)
  return settings
}

/** A route's options as they were written, checked. @throws TypeError for an unknown option or a wrong value */
export function routeOptions(options: RouteOptions): RouteOptions {
  checkOptions(options, ROUTE_RULES)
  return options
}

/** What `inherit` has made: the same two objects meet at every handshake of a route. */
const inherited = new WeakMap<object, WeakMap<object, object>>()

/** A route's options over those of what is around it. */
export function inherit<S extends RouteSettings>(around: S, options: RouteOptions): S {
  const known = inherited.get(around) ?? new WeakMap<object, object>()
  inherited.set(around, known)
  const settings = (known.get(options) ?? overlay(around, options)) as S
  checkTogether(settings)
  checkLog(settings)
  known.set(options, settings)
  return settings
}

/** What `close` was given, over nothing: an undefined value is as if it were not there. @throws TypeError as above */
export function drainOptions(options: DrainOptions): DrainOptions {
  checkOptions(options, DRAIN_RULES, 'drain.')
  return definedOf(options)
}

/** What is right by itself may still be wrong together. */
export function checkTogether({ maxBufferedBytes, maxUnsentBytes }: ConnectionSettings): void {
  if (maxUnsentBytes >= maxBufferedBytes) return
  throw new TypeError(
    `sockroute: maxUnsentBytes (${maxUnsentBytes}) is the hard limit above maxBufferedBytes (${maxBufferedBytes}), and cannot be less`,
  )
}

/** `logger` is the app's: a route has it from there. */
function checkLog({
  logConnections,
  logger,
}: Pick<RouteSettings, 'logConnections'> & { readonly logger?: unknown }): void {
  if (logConnections !== true || logger === undefined || (logger as Logger).info !== undefined) return // a Logger, as checked
  throw new TypeError(
    "sockroute: logConnections needs a logger with the method info, such as console or pino's; the one given has only warn and error",
  )
}

/** Where messages are unlimited, or the total is our own default, it is the limit of one message as well. */
function checkTotal(options: AppOptions, { maxTotalBytes, maxMessageBytes }: AppSettings): void {
  if (options.maxTotalBytes === undefined || maxMessageBytes === Infinity || maxTotalBytes >= maxMessageBytes) return
  throw new TypeError(
    `sockroute: maxTotalBytes (${maxTotalBytes}) is for all connections together, and cannot be less than maxMessageBytes (${maxMessageBytes})`,
  )
}

/** `options` over what is `under` them: an undefined value is as if it were not there. */
export function overlay(under: object, options: object): object {
  return { ...under, ...definedOf(options) }
}

function definedOf(options: object): object {
  const set = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(set.map(([name, value]) => [name, value === 'unlimited' ? Infinity : value]))
}
