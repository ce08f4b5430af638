import { inspect } from 'node:util'
import { isToken } from './protocol/token-list.ts'

/** The largest delay that Node's timers know; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2_147_483_647

/** Says what is wrong with a value as the end of a sentence, or nothing. */
export type Rule = (value: unknown) => string | undefined

const isFunction = (value: unknown): boolean => typeof value === 'function'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isListOf = (value: unknown, test: (item: string) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && test(item))

export function whole(least: number, most: number, unit: string, unlimited: boolean): Rule {
  const orUnlimited = unlimited ? `, or 'unlimited'` : ''
  return (value) =>
    (unlimited && value === 'unlimited') ||
    (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most)
      ? undefined
      : `takes a whole number of ${unit} from ${least} to ${most}${orUnlimited}`
}

const bytes = (unlimited: boolean): Rule => whole(1, Number.MAX_SAFE_INTEGER, 'bytes', unlimited)
const count: Rule = whole(1, Number.MAX_SAFE_INTEGER, 'items', true)
export const ms = (unlimited: boolean, least = 1): Rule => whole(least, MAX_TIMEOUT_MS, 'milliseconds', unlimited)
export const fn: Rule = (value) => (isFunction(value) ? undefined : 'takes a function')
export const flag: Rule = (value) => (typeof value === 'boolean' ? undefined : 'takes true or false')

/** An origin as browsers write it: scheme, host, perhaps a port, and nothing behind. RFC 6454 §6.2 */
const ORIGIN = /^(null|[a-z][a-z0-9+.-]*:\/\/(\*\.)?[^\s/?#@*]+)$/i

const origins: Rule = (value) =>
  value === 'any' || isFunction(value) || isListOf(value, (item) => ORIGIN.test(item))
    ? undefined
    : `takes a list of origins such as 'https://app.example.com' or 'https://*.example.com' (no path, no trailing slash), a function, or 'any'`

const protocols: Rule = (value) =>
  isFunction(value) || isListOf(value, isToken)
    ? undefined
    : `takes a list of subprotocol names such as ['chat.v2'], or a function`

const hosts: Rule = (value) =>
  isListOf(value, (item) => item !== '' && !/[\s/@]/.test(item))
    ? undefined
    : `takes a list of host names such as ['example.com']`

const paths: Rule = (value) =>
  isFunction(value) || isListOf(value, (item) => item.startsWith('/'))
    ? undefined
    : `takes a list of path prefixes such as ['/socket.io/'], or a function`

const withMethods =
  (what: string, names: readonly string[]): Rule =>
  (value) =>
    isObject(value) && names.every((name) => isFunction(value[name]))
      ? undefined
      : `takes ${what}: an object with the methods ${names.join(', ')}`

const logger: Rule = (value) => {
  const fault = withMethods(`a logger, such as console or pino's`, ['warn', 'error'])(value)
  if (fault !== undefined) return fault
  const { info } = value as { readonly info?: unknown } // an object, as checked
  return info === undefined || isFunction(info) ? undefined : 'takes a logger whose info, if it has one, is a method'
}
const broker = withMethods(`a broker's driver`, ['start', 'subscribe', 'unsubscribe', 'publish', 'close'])
const clock = withMethods(`a clock, such as new TestClock()`, ['now', 'today', 'setTimeout', 'setInterval'])

export const DRAIN_RULES: Record<string, Rule> = {
  spreadMs: ms(false, 0),
  deadlineMs: ms(false, 0),
  code: (value) => (value === 1001 || value === 1012 ? undefined : 'takes 1001 or 1012'),
}

const drain: Rule = (value) => {
  if (!isObject(value)) return 'takes an object such as { spreadMs: 5000, deadlineMs: 10000 }'
  checkOptions(value, DRAIN_RULES, 'drain.')
  return undefined
}

const COMPRESSION_RULES: Record<string, Rule> = {
  thresholdBytes: whole(0, Number.MAX_SAFE_INTEGER, 'bytes', false),
  level: whole(1, 9, 'effort', false),
  contextTakeover: flag,
  windowBits: whole(9, 15, 'bits', false),
}

export const compression: Rule = (value) => {
  if (typeof value === 'boolean') return undefined
  if (!isObject(value)) return 'takes true, false or an object such as { thresholdBytes: 1024 }'
  checkOptions(value, COMPRESSION_RULES, 'compression.')
  return undefined
}

const perSecond: Rule = (value) =>
  typeof value === 'number' && value > 0 && value < Infinity ? undefined : 'takes a number above 0'

const RATE_RULES: Record<string, Rule> = {
  messagesPerSecond: perSecond,
  bytesPerSecond: perSecond,
  burstSeconds: perSecond,
  atLimit: (value) => (value === 'pause' || value === 'close' ? undefined : `takes 'pause' or 'close'`),
}

const messageRate: Rule = (value) => {
  if (!isObject(value)) return 'takes an object such as { messagesPerSecond: 50 }'
  checkOptions(value, RATE_RULES, 'messageRate.')
  const hasLimit = value.messagesPerSecond !== undefined || value.bytesPerSecond !== undefined
  return hasLimit ? undefined : 'needs messagesPerSecond or bytesPerSecond'
}

export const CONNECTION_RULES: Record<string, Rule> = {
  maxMessageBytes: bytes(true),
  maxFragments: count,
  messageTimeoutMs: ms(true),
  closeTimeoutMs: ms(false),
  pingIntervalMs: ms(true),
  pongTimeoutMs: ms(false),
  maxBufferedBytes: bytes(false),
  maxUnsentBytes: bytes(true),
  sendTimeoutMs: ms(true),
  maxLifetimeMs: ms(true),
  messageRate,
  delivery: (value) => (value === 'in-turn' || value === 'at-once' ? undefined : `takes 'in-turn' or 'at-once'`),
}

const TOPIC_RULES: Record<string, Rule> = {
  maxTopics: count,
  slowSubscriber: (value) => (value === 'drop' || value === 'close' ? undefined : `takes 'drop' or 'close'`),
  onDropped: fn,
  onGap: fn,
}

export const ROUTE_RULES: Record<string, Rule> = {
  ...CONNECTION_RULES,
  ...TOPIC_RULES,
  origins,
  requireOrigin: flag,
  allowedHosts: hosts,
  protocols,
  compression,
  maxHeaderFields: count,
  handshakeTimeoutMs: ms(true),
  onError: fn,
  reauthenticate: fn,
  reauthenticateIntervalMs: ms(true),
  logConnections: flag,
}

export const APP_RULES: Record<string, Rule> = {
  ...ROUTE_RULES,
  passUpgrades: paths,
  maxPendingHandshakes: count,
  maxConnections: count,
  maxConnectionsPerAddress: count,
  maxConnectionsPerHttp2Session: count,
  http2: flag,
  maxTotalBytes: bytes(true),
  sharedReadBuffer: flag,
  broker,
  drain,
  logger,
  clock,
}

/** Throws a `TypeError` that says what to write instead, for an unknown name or a value out of range. */
export function checkOptions(options: object, rules: Record<string, Rule>, prefix = ''): void {
  if (!isObject(options)) {
    throw new TypeError(`sockroute: options are an object such as { ${Object.keys(rules)[0]}: ... }`)
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) throw new TypeError(unknownOption(prefix, name, rules))
    const fault = value === undefined ? undefined : rule(value)
    if (fault !== undefined) throw new TypeError(`sockroute: the option ${prefix}${name} ${fault}; got ${show(value)}`)
  }
}

/** What users of other libraries write. */
const KNOWN_ELSEWHERE: Record<string, string> = {
  maxPayload: 'maxMessageBytes',
  handleProtocols: 'protocols',
  perMessageDeflate: 'compression',
  threshold: 'thresholdBytes',
}

function unknownOption(prefix: string, name: string, rules: Record<string, Rule>): string {
  if (rules === ROUTE_RULES && Object.hasOwn(APP_RULES, name)) {
    return `sockroute: the option ${name} is the app's, and of no single route: give it where the app gets its WebSockets`
  }
  const known = Object.keys(rules)
  const alike = known.find((other) => isAlike(sketch(other), sketch(name))) ?? KNOWN_ELSEWHERE[name]
  const advice = alike === undefined ? `the options are ${known.join(', ')}` : `did you mean ${prefix}${alike}?`
  return `sockroute: there is no option ${prefix}${name} here; ${advice}`
}

/** The same but for the unit, or for an s at the end. */
function isAlike(one: string, other: string): boolean {
  return one === other || `${one}s` === other || one === `${other}s`
}

/** What remains of a name when case, unit and separators are gone. */
function sketch(name: string): string {
  return name.toLowerCase().replace(/(ms|bytes)$|[^a-z]/g, '')
}

const SHOWN = { depth: 0, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 80 }
/** Short: an app of Express, given for its server, has a page of properties. */
const show = (value: unknown): string => inspect(value, SHOWN).replace(/^(.{100}).{100,}$/s, '$1...')
