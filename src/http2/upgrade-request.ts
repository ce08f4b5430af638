import { IncomingMessage } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

const UPGRADE = { upgrade: 'websocket', connection: 'Upgrade' }

/**
 * The request that an extended CONNECT would have been over HTTP/1.1, but for the key, which has no use here: so apps, and whatever
 * runs before their handlers, see what they know. RFC 8441 §5
 */
export function upgradeRequest(
  socket: Duplex,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): IncomingMessage {
  const request = new IncomingMessage(socket as Socket) // it is asked for what `StreamSocket` has
  const host = headers[':authority'] ?? headers.host
  request.method = 'GET'
  request.url = headers[':path']
  request.httpVersion = '2.0'
  request.httpVersionMajor = 2
  request.httpVersionMinor = 0
  const fields = Object.entries(headers).filter(([name]) => !name.startsWith(':'))
  request.headers = { ...Object.fromEntries(fields), ...(host !== undefined && { host }), ...UPGRADE }
  request.rawHeaders = [...rawFields(headers, rawHeaders), ...Object.entries(UPGRADE).flat()]
  request.complete = true
  request.push(null)
  return request
}

/** With the authority as Host, and cookies in one field, as they are over HTTP/1.1. RFC 9113 §8.2.3, §8.3.1 */
function rawFields(headers: IncomingHttpHeaders, rawHeaders: readonly string[]): string[] {
  const { ':authority': authority, cookie } = headers
  const fields = authority === undefined ? [] : ['host', authority]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name, value] = rawHeaders.slice(at, at + 2)
    const isTold = name.startsWith(':') || name === 'cookie' || (name === 'host' && value === authority)
    if (!isTold) fields.push(name, value)
  }
  return cookie === undefined ? fields : [...fields, 'cookie', cookie]
}
