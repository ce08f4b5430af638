import { randomBytes } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isOverHttp2 } from './stream-of.ts'

const UPGRADE = { upgrade: 'websocket', connection: 'Upgrade' }

const KEY = 'sec-websocket-key'

/**
 * The request that an extended CONNECT would have been over HTTP/1.1: so apps, and whatever runs before their handlers, see what they
 * know. It even has a key, which has no use over HTTP/2, for others on the same server who look for one. RFC 8441 §5
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
  const added = { ...UPGRADE, ...(!(KEY in headers) && { [KEY]: randomBytes(16).toString('base64') }) }
  request.headers = { ...Object.fromEntries(fields), ...(host !== undefined && { host }), ...added }
  request.rawHeaders = [...rawFields(headers, rawHeaders), ...Object.entries(added).flat()]
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

/** Takes the key that is not the client's off of a request that is ours. */
export function dropKey(request: IncomingMessage): void {
  if (!isOverHttp2(request.socket) || request.socket.hasKey) return
  delete request.headers[KEY]
  const at = request.rawHeaders.indexOf(KEY)
  request.rawHeaders.splice(at, 2)
}
