import { closeWords } from './close-words.ts'
import type { RouteSettings } from './defaults.ts'
import type { ConnectionClosedEvent, RefusalReason } from './diagnostics-events.ts'
import type { Client } from './handshake-check.ts'
import { logLine } from './log-line.ts'
import type { Handshake } from './observer.ts'
import type { Logger } from './options.ts'
import { redactedUrl } from './redact.ts'
import { refusalWords } from './refusal-words.ts'
import { requestedUrl } from './requested-url.ts'
import type { Wire } from './wire.ts'

/** Where the framework has lines about one request go: with its id, and at its route's level. */
export interface RequestLog {
  readonly logger: Logger
  /** No line about the request is wanted there, unless an option of ours says so. */
  readonly isQuiet: boolean
}

/** The app, as far as its log is concerned. */
export interface LogHost {
  readonly settings: { readonly logger: Logger | undefined }
  /** That of the settings, or what stands in for it. */
  readonly logger: Logger
  /** Whether it is for lines about connections where neither an option nor the request says anything. */
  readonly logsConnections: boolean
}

/** A handshake, as far as the log tells of it. */
export interface Logged extends Handshake {
  /** In force for it: those of the route that has checked it, or of where routing stands. */
  readonly inForce: Pick<RouteSettings, 'logConnections' | 'protocols'>
  /** Undefined until a route has checked it. */
  readonly client: Client | undefined
  readonly log: RequestLog | undefined
}

/** Of an open connection: who was told that it opened, and under which number. */
interface Told {
  readonly logger: Logger
  readonly connection: number
}

const MOST_USER_AGENT = 256

/**
 * The lines of the log about connections: one when it opens and one when it closes, or one when its handshake is refused. Where they are
 * off, nothing is kept.
 */
export class ConnectionLog {
  readonly #host: LogHost
  readonly #told = new Map<Wire, Told>()
  #count = 0

  constructor(host: LogHost) {
    this.#host = host
  }

  /** There was a line when it opened. */
  has(wire: Wire): boolean {
    return this.#told.has(wire)
  }

  opened(wire: Wire, handshake: Logged): void {
    const logger = this.#loggerOf(handshake)
    if (logger === undefined) return
    const connection = ++this.#count
    this.#told.set(wire, { logger, connection })
    const protocol = shownProtocol(wire.protocol, handshake.inForce)
    const details = { connection, ...whoOf(handshake), protocol, handshakeMs: Math.round(handshake.elapsedMs) }
    logLine(logger, 'info', details, 'sockroute: a WebSocket opened')
  }

  closed(wire: Wire, event: ConnectionClosedEvent): void {
    const told = this.#told.get(wire)
    if (told === undefined) return
    this.#told.delete(wire)
    const [sentence] = closeWords(event)
    const details = { ...event, connection: told.connection, durationMs: Math.round(event.durationMs) }
    logLine(told.logger, 'info', details, `sockroute: a WebSocket closed: ${sentence}`)
  }

  refused(handshake: Logged, status: number | undefined, reason: RefusalReason): void {
    const logger = this.#loggerOf(handshake)
    if (logger === undefined) return
    const [sentence] = refusalWords({ reason, status, route: handshake.route })
    const details = { ...whoOf(handshake), status, reason, durationMs: Math.round(handshake.elapsedMs) }
    logLine(logger, 'info', details, `sockroute: a WebSocket was refused: ${sentence}`)
  }

  /** Undefined where nobody is to be told. A logger that the app was given comes before the framework's. */
  #loggerOf({ inForce, log }: Logged): Logger | undefined {
    const { settings, logger, logsConnections } = this.#host
    const own = settings.logger === undefined ? log : undefined
    const isOn = inForce.logConnections ?? (own === undefined ? logsConnections : !own.isQuiet)
    return isOn ? (own?.logger ?? logger) : undefined
  }
}

function whoOf({ route, request, client }: Logged) {
  return {
    route,
    url: redactedUrl(requestedUrl(request)),
    address: addressOf(client, request),
    userAgent: request.headers['user-agent']?.slice(0, MOST_USER_AGENT),
  }
}

/** Frameworks ask the application which proxies it trusts, and that may fail: no handshake is to fail for its line. */
function addressOf(client: Client | undefined, request: Logged['request']): string | undefined {
  try {
    return client === undefined ? request.socket.remoteAddress : client.addressOf()
  } catch {
    return undefined
  }
}

/** A function that picks one may pick a token, to answer with what was offered. */
function shownProtocol(protocol: string, { protocols }: Logged['inForce']): string | undefined {
  return typeof protocols === 'function' || protocol === '' ? undefined : protocol
}
