import type { Agent, ClientRequestArgs } from 'node:http'
import type { SecureContextOptions, ConnectionOptions as TlsOptions } from 'node:tls'
import type { Clock } from '../clock.ts'
import type { ConnectionOptions, Limit } from '../connection-options.ts'
import { DEFAULTS, type WireSettings } from '../defaults.ts'
import { CONNECTION_RULES, checkOptions, compression, flag, fn, ms, type Rule, whole } from '../option-rules.ts'
import type { CompressionOptions } from '../options.ts'
import { checkTogether, overlay } from '../settings.ts'
import type { WebSocket } from './web-socket.ts'

/** How the connection is made: all of these go to Node's `http.request`, or `https.request`, as they are. */
export interface TransportOptions
  extends Pick<ClientRequestArgs, 'createConnection' | 'family' | 'localAddress' | 'lookup' | 'socketPath'>,
    Pick<TlsOptions, 'checkServerIdentity' | 'rejectUnauthorized' | 'secureContext' | 'servername'>,
    Pick<SecureContextOptions, 'ca' | 'cert' | 'ciphers' | 'key' | 'maxVersion' | 'minVersion' | 'passphrase' | 'pfx'> {
  /** @defaultValue a connection of its own, which no agent keeps */
  readonly agent?: Agent
}

/** What a client may set. Sizes are bytes and times are milliseconds, and the names say so. */
export interface ClientOptions extends ConnectionOptions, TransportOptions {
  /** Header fields of the handshake. Those that make it one are set by the client itself. @defaultValue {} */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** The Origin header, which browsers send and servers may ask for. RFC 6455 §10.2 @defaultValue undefined (none) */
  readonly origin?: string
  /** The subprotocols to offer, where they are not the second argument. RFC 6455 §1.9 @defaultValue [] */
  readonly protocols?: string | readonly string[]
  /** Offer to compress messages: `true`, or an object of options. RFC 7692 @defaultValue false */
  readonly compression?: boolean | CompressionOptions
  /**
   * Follow redirects (301, 302, 303, 307, 308). To another host goes no header of yours but User-Agent, no password and no
   * certificate (subprotocols and the Origin do go); from wss: to ws:, and to a Unix socket, none is followed.
   * @defaultValue false: a redirect fails the attempt
   */
  readonly followRedirects?: boolean
  /** One more fails the attempt. @defaultValue 10 */
  readonly maxRedirects?: number
  /** From the first packet to the 101, redirects included; then the attempt fails. @defaultValue 10_000 */
  readonly handshakeTimeoutMs?: Limit
  /** Aborted, it cancels the attempt, or closes the open connection with 1001. @defaultValue undefined */
  readonly signal?: AbortSignal
  /** What to do with what listeners throw. The default throws it where nobody catches it, as any emitter does. */
  readonly onError?: (error: unknown, socket: WebSocket) => void
  /** Time, for tests that bring their own. @defaultValue the system's */
  readonly clock?: Clock
}

/** Every option of a client with its value. */
export interface ClientSettings extends WireSettings {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly origin: string | undefined
  readonly compression: boolean | CompressionOptions
  readonly followRedirects: boolean
  readonly maxRedirects: number
  readonly handshakeTimeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly onError: ClientOptions['onError']
  readonly clock: Clock | undefined
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Node's own: it checks them. */
const anything: Rule = () => undefined

/** Written by the client: a second value would make a wrong handshake of it. */
const OWN_HEADERS: Record<string, string> = {
  connection: 'leave it out',
  upgrade: 'leave it out',
  origin: 'use the option origin',
  'sec-websocket-extensions': 'use the option compression',
  'sec-websocket-key': 'leave it out',
  'sec-websocket-protocol': 'use the option protocols',
  'sec-websocket-version': 'leave it out',
}

const headers: Rule = (value) => {
  if (!isObject(value) || Symbol.iterator in value) {
    return `takes an object such as { authorization: 'Bearer ...' }; for Headers or a Map write Object.fromEntries(headers)`
  }
  const own = Object.keys(value).find((name) => Object.hasOwn(OWN_HEADERS, name.toLowerCase()))
  return own === undefined ? undefined : `cannot set ${own}: ${OWN_HEADERS[own.toLowerCase()]}`
}

const text: Rule = (value) => (typeof value === 'string' ? undefined : `takes a string`)

const TRANSPORT_RULES: Record<string, Rule> = {
  agent: anything,
  ca: anything,
  cert: anything,
  checkServerIdentity: fn,
  ciphers: anything,
  createConnection: fn,
  family: anything,
  key: anything,
  localAddress: anything,
  lookup: fn,
  maxVersion: anything,
  minVersion: anything,
  passphrase: anything,
  pfx: anything,
  rejectUnauthorized: flag,
  secureContext: anything,
  servername: text,
  socketPath: text,
}

const CLIENT_RULES: Record<string, Rule> = {
  ...CONNECTION_RULES,
  ...TRANSPORT_RULES,
  headers,
  origin: text,
  protocols: (value) =>
    typeof value === 'string' || Array.isArray(value) ? undefined : `takes a name, or a list such as ['chat.v2']`,
  compression,
  followRedirects: flag,
  maxRedirects: whole(0, 100, 'redirects', false),
  handshakeTimeoutMs: ms(true),
  signal: (value) => (value instanceof AbortSignal ? undefined : 'takes an AbortSignal'),
  onError: fn,
  clock: (value) => (isObject(value) ? undefined : 'takes a clock'),
}

const CLIENT_DEFAULTS: ClientSettings = {
  ...DEFAULTS,
  headers: {},
  origin: undefined,
  compression: false,
  followRedirects: false,
  maxRedirects: 10,
  signal: undefined,
  onError: undefined,
  clock: undefined,
}

/** A client's options over the defaults. @throws TypeError for an unknown option or a wrong value */
export function clientSettings(options: ClientOptions): ClientSettings {
  checkOptions(options, CLIENT_RULES)
  const settings = overlay(CLIENT_DEFAULTS, options) as ClientSettings
  checkTogether(settings)
  return settings
}

/** Of the options, those that are Node's. */
export function transportOptions(options: ClientOptions): TransportOptions {
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(TRANSPORT_RULES, name)))
  const { createConnection } = options
  return createConnection === undefined ? own : { ...own, createConnection: checked(createConnection) }
}

type Connect = NonNullable<TransportOptions['createConnection']>

/** What is no stream Node would trip over later, where nobody can catch it. */
function checked(createConnection: Connect): Connect {
  return (...args) => {
    const made: unknown = createConnection(...args)
    if (made === undefined || made === null || (isObject(made) && 'on' in made)) return made as ReturnType<Connect> // or it calls back
    const got = made instanceof Promise ? 'a promise. Connect first, and return what you have' : typeof made
    throw new TypeError(`sockroute: createConnection returns a socket, or any Duplex; got ${got}`)
  }
}
