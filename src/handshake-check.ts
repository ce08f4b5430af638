import type { IncomingMessage, Server } from 'node:http'
import type { RequestLog } from './connection-log.ts'
import type { RouteSettings } from './defaults.ts'
import { isOverHttp2 } from './http2/stream-of.ts'
import type { Hub } from './hub.ts'
import { checkOrigin } from './origin.ts'
import { type HandshakeAnswer, readExtendedConnect, readHandshake } from './protocol/handshake.ts'
import { redactedUrl } from './redact.ts'
import { FORBIDDEN } from './refusal.ts'
import { requestedUrl } from './requested-url.ts'

/** Where a handshake has come to. */
export interface Stage {
  readonly hub: Hub
  readonly request: IncomingMessage
  readonly server: Server | undefined
  /** '' until one has checked it. */
  readonly route: string
}

/** Who asks, as the framework sees it: through its proxies, where it trusts them. */
export interface Client {
  /** The host that was addressed. */
  readonly host: string | undefined
  /** The route that was matched, as it was written: what metrics and diagnostics call it. @defaultValue '' */
  readonly route?: string
  /** Asked only where addresses have a limit, or connections a line in the log: Node keeps what it has looked up. */
  addressOf(): string | undefined
  /** The framework's own log of the request. @defaultValue the app's */
  readonly log?: RequestLog
}

/** Whether a handshake is right, and its origin allowed. `host` is the request's as the framework sees it. */
export function checkHandshake(stage: Stage, settings: RouteSettings, host: string | undefined): HandshakeAnswer {
  const { hub, request, server } = stage
  const maxHeaderFields = Math.min(settings.maxHeaderFields, fieldsKeptBy(server))
  const read = isOverHttp2(request.socket) ? readExtendedConnect : readHandshake
  const answer = read(request, { maxHeaderFields })
  if (!answer.ok) {
    if (answer.status === 431) hub.onLimit('maxHeaderFields')
    return answer
  }
  const foreign = checkOrigin(request, host, settings)
  if (foreign === undefined) return answer
  hub.onLimit('origins')
  const { advice, ...details } = foreign
  hub.log('warn', { ...details, url: redactedUrl(requestedUrl(request)) }, `sockroute: origin refused; ${advice}`)
  return FORBIDDEN
}

/** Header fields above this number are not in `request.headers`, and nothing says so: what they hide must not matter. */
function fieldsKeptBy(server: Server | undefined): number {
  const { maxHeadersCount } = server ?? {}
  return maxHeadersCount === 0 ? Infinity : (maxHeadersCount ?? 1_000)
}
