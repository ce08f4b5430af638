import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { RefusalReason } from './diagnostics-events.ts'
import type { HandshakeRefusal } from './protocol/handshake.ts'

const refusal = (status: number, reason: string, ...headers: [string, string][]): HandshakeRefusal => ({
  ok: false,
  status,
  reason,
  headers,
})

export const FORBIDDEN: HandshakeRefusal = refusal(403, 'Forbidden')
export const FAILED: HandshakeRefusal = refusal(500, 'Internal Server Error')
/** From one address. RFC 6585 §4 */
export const TOO_MANY: HandshakeRefusal = refusal(429, 'Too Many Requests', ['Retry-After', '5'])
/** Too many handshakes, or the end is near. RFC 9110 §15.6.4 */
export const UNAVAILABLE: HandshakeRefusal = refusal(503, 'Service Unavailable', ['Retry-After', '5'])

/** Why a route's check refuses. */
export function reasonOf(refusal: HandshakeRefusal): RefusalReason {
  if (refusal === FORBIDDEN) return 'origins'
  if (refusal === TOO_MANY) return 'maxConnectionsPerAddress'
  if (refusal === UNAVAILABLE) return 'maxConnections'
  return refusal.status === 431 ? 'maxHeaderFields' : 'handshake'
}

/**
 * The header fields of a refusal: those it names, and what keeps its one line of text from being anything else. A
 * Connection of its own must still say that the connection ends.
 */
export function refusalHeaders({ headers }: HandshakeRefusal): [name: string, value: string][] {
  const own = headers.map(([name, value]): [string, string] => [
    name,
    name === 'Connection' ? `close, ${value}` : value,
  ])
  return [...own, ...TEXT]
}

const TEXT: [string, string][] = [
  ['Content-Type', 'text/plain; charset=utf-8'],
  ['X-Content-Type-Options', 'nosniff'],
]

/** Replies with a refusal, where there is no framework to do it. */
export function writeRefusal(response: ServerResponse, refusal: HandshakeRefusal): void {
  response.statusCode = refusal.status
  for (const [name, value] of refusalHeaders(refusal)) response.setHeader(name, value)
  const body = Buffer.from(`${refusal.reason}\n`)
  response.setHeader('Content-Length', body.length) // Node leaves it out towards HTTP/1.0
  response.end(body)
}

/** Written past the response object. RFC 9110 §15.6.5 */
export const TIMED_OUT: string = [
  `HTTP/1.1 504 ${STATUS_CODES[504]}`,
  'Connection: close',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Length: 0',
  '',
  '',
].join('\r\n')
