import {
  type AppOptions,
  checkOptions,
  DEFAULTS,
  type Hub,
  inherit,
  isThenable,
  type RouteOptions,
  type RouteSettings,
  type Rule,
  routeOptions,
} from '../src/adapter.ts'
import { compressionOf } from './ws-compression.ts'
import { totalBytesFor } from './ws-total.ts'
import type { ServerOptions } from './ws-types.ts'

const MIB = 1_048_576

/** What `ws` does where nothing is said. */
export const WS_DEFAULTS = {
  clientTracking: true,
  closeTimeout: 30_000,
  maxFragments: 16_384,
  maxPayload: 100 * MIB,
  noServer: false,
  perMessageDeflate: false,
} as const satisfies ServerOptions

/**
 * Ours, where a program that works on `ws` would not on our own defaults. What stays bounded is what no working program
 * reaches: `ws` has no limit of unsent bytes, and ends a process that has too many.
 */
export const OWN_DEFAULTS: RouteOptions = {
  delivery: 'at-once',
  origins: 'any',
  maxBufferedBytes: 16 * MIB,
  maxUnsentBytes: 100 * MIB,
  maxHeaderFields: 1_000,
  handshakeTimeoutMs: 30_000,
}

/** What the app of one server is made with. @throws TypeError as `routeOptionsOf` */
export function appOptionsOf(options: ServerOptions): AppOptions {
  const route = routeOptionsOf(options)
  const { clock, logger, maxTotalBytes = totalBytesFor(route) } = options
  return { clock, logger, maxTotalBytes, maxMessageBytes: route.maxMessageBytes, maxPendingHandshakes: 'unlimited' }
}

const rule =
  (test: (value: unknown) => boolean, says: string): Rule =>
  (value) =>
    value === null || test(value) ? undefined : says

const flag = rule((value) => typeof value === 'boolean', 'takes true or false')
const fn = rule((value) => typeof value === 'function', 'takes a function')
const text = rule((value) => typeof value === 'string', 'takes a string')
const object = rule((value) => typeof value === 'object', 'takes an object')
const size = rule((value) => Number.isSafeInteger(value) && Number(value) >= 0, 'takes a whole number, 0 for no limit')
const anything: Rule = () => undefined

/** The options that `ws` has; the rest are ours, and checked as ours. */
const WS_RULES: Record<string, Rule> = {
  port: rule((value) => Number.isInteger(Number(value)), 'takes the number of a port, such as 8080'),
  host: text,
  backlog: size,
  server: rule(
    (value) => typeof value === 'object' && 'on' in Object(value),
    'takes a server of node:http or node:https, such as createServer(app) makes',
  ),
  noServer: flag,
  path: text,
  clientTracking: flag,
  maxPayload: size,
  maxFragments: size,
  closeTimeout: size,
  perMessageDeflate: (value) => (typeof value === 'boolean' ? undefined : object(value)),
  handleProtocols: fn,
  verifyClient: fn,
  WebSocket: fn,
  allowSynchronousEvents: anything,
  autoPong: anything,
  maxPendingAutoPongs: anything,
  skipUTF8Validation: anything,
  maxBufferedChunks: anything,
}

/** Ours for which `ws` has a name of its own: only that counts. */
const RENAMED = new Set(['maxMessageBytes', 'closeTimeoutMs', 'protocols', 'compression'])
/** Ours that are the server's, and no connection's. */
const SERVER_NAMES = new Set(['clock', 'logger', 'maxTotalBytes'])

const isTheirs = (name: string): boolean => Object.hasOwn(WS_RULES, name)
const isOwn = (name: string): boolean => Object.hasOwn(DEFAULTS, name) && !isTheirs(name) && !RENAMED.has(name)

/** What an option's value means for a connection. @throws TypeError for a wrong value of those that `ws` has */
export function routeOptionsOf(options: ServerOptions): RouteOptions {
  checkOptions(pick(options, isTheirs), WS_RULES)
  return {
    ...OWN_DEFAULTS,
    ...pick(options, (name) => isOwn(name) && !SERVER_NAMES.has(name)),
    maxMessageBytes: limit(options.maxPayload),
    maxFragments: limit(options.maxFragments),
    closeTimeoutMs: Math.max(1, options.closeTimeout ?? WS_DEFAULTS.closeTimeout),
    compression: compressionOf(options.perMessageDeflate),
    protocols: protocolsOf(options),
  }
}

/** Without `handleProtocols` the first that was offered. */
export function protocolsOf({
  handleProtocols,
}: ServerOptions): Extract<RouteOptions['protocols'], (...args: never[]) => unknown> {
  if (!handleProtocols) return ([first]) => first
  return (offered, request) => {
    const picked: unknown = handleProtocols(new Set(offered), request)
    if (isThenable(picked)) throw new TypeError(ASYNC_PROTOCOLS)
    return (picked as string | false) || undefined // as its type says; what is neither is refused where it is looked up
  }
}

const ASYNC_PROTOCOLS =
  'handleProtocols returned a promise: it has to pick at once; what takes longer is for verifyClient(info, callback)'

function pick(options: object, isWanted: (name: string) => boolean): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => isWanted(name)))
}

/** 0 is none. */
export function limit(value: number | null | undefined): number | 'unlimited' {
  return value || 'unlimited'
}

/** What of the options is in the settings: theirs that count, and ours. */
const NAMES = [
  'maxPayload',
  'maxFragments',
  'closeTimeout',
  'perMessageDeflate',
  'handleProtocols',
  ...Object.keys(DEFAULTS).filter(isOwn),
] as (keyof ServerOptions)[]

/** What the options of a server mean, told anew when one of them has changed: programs assign to them. */
export class Settings {
  readonly #hub: Hub
  #options: readonly unknown[] = []
  #settings: RouteSettings | undefined = undefined

  constructor(hub: Hub) {
    this.#hub = hub
  }

  /** @throws TypeError for a wrong value */
  of(options: ServerOptions): RouteSettings {
    const seen = NAMES.map((name) => options[name])
    if (this.#settings === undefined || seen.some((value, at) => value !== this.#options[at])) {
      this.#settings = inherit<RouteSettings>(this.#hub.settings, routeOptions(routeOptionsOf(options)))
      this.#options = seen
    }
    return this.#settings
  }
}

/** `port` may be 0. @throws TypeError for none of them, and for several */
export function checkSource(options: { port?: unknown; server?: unknown; noServer?: unknown }): void {
  const { port, server, noServer } = options
  const given = [port !== undefined && port !== null, Boolean(server), noServer === true]
  if (given.filter(Boolean).length === 1) return
  throw new TypeError(
    'new WebSocketServer(options) takes one of the options port, server and noServer, such as { port: 8080 }',
  )
}

/** `ws` takes them without a word, and libraries pass theirs on. */
export function warnOfUnknown(options: object): void {
  const names = Object.keys(options).filter((name) => !isTheirs(name) && !isOwn(name))
  if (names.length === 0) return
  process.emitWarning(`new WebSocketServer() was given what is no option: ${names.join(', ')}`, {
    type: 'SockrouteWarning',
    code: 'SOCKROUTE_UNKNOWN_OPTION',
  })
}
