import { hash } from 'node:crypto'
import { type ExtensionOffer, parseExtensions } from './extension-header.ts'
import { includesToken, parseTokens } from './token-list.ts'

/** Of an `http.IncomingMessage`, what the handshake is made of. */
export interface HandshakeRequest {
  readonly method?: string
  readonly httpVersion: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Names and values in turn, as received: `headers` drops or joins what is repeated. */
  readonly rawHeaders: readonly string[]
}

export interface HandshakeOptions {
  /** More header fields than this are answered with 431, since Node drops those over its own limit without a word. */
  readonly maxHeaderFields: number
}

export type HandshakeHeaders = readonly (readonly [name: string, value: string])[]

export interface HandshakeRefusal {
  readonly ok: false
  readonly status: number
  readonly reason: string
  readonly headers: HandshakeHeaders
}

/** What a server answers to an opening handshake. Data only: nothing is written here. */
export type HandshakeAnswer =
  | {
      readonly ok: true
      /** Over HTTP/2 there need not be one. */
      readonly key: string | undefined
      /** Offered subprotocols, in the client's order of preference. */
      readonly protocols: readonly string[]
      readonly extensions: readonly ExtensionOffer[]
    }
  | HandshakeRefusal

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11' // RFC 6455 §1.3
/** 16 bytes in Base64. Pad bits that are not zero pass: the key is only hashed, as received. RFC 6455 §4.2.1 */
const KEY = /^[+/0-9A-Za-z]{22}==$/
const MAX_PROTOCOLS = 32

const UPGRADE = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
] as const
const VERSION = [['Sec-WebSocket-Version', '13']] as const

/** Whether a request asks for a WebSocket at all; whether it asks rightly is for `readHandshake`. RFC 6455 §4.2.1 */
export function isWebSocketUpgrade(request: Pick<HandshakeRequest, 'method' | 'headers'>): boolean {
  const upgrade = field(request, 'upgrade') ?? ''
  const connection = field(request, 'connection') ?? ''
  return request.method === 'GET' && includesToken(upgrade, 'websocket') && includesToken(connection, 'upgrade')
}

/** Checks the client's opening handshake, and reads what it offers. RFC 6455 §4.2.1, §4.2.2 */
export function readHandshake(request: HandshakeRequest, options: HandshakeOptions): HandshakeAnswer {
  const refusal = checkSize(request, options) ?? checkHttp1(request) ?? checkRequest(request)
  if (refusal !== undefined) return refusal
  const key = single(request, 'sec-websocket-key')
  if (key === undefined || !KEY.test(key)) return refuse(400, 'Sec-WebSocket-Key must be 16 bytes in Base64, once')
  return readOffers(request, key)
}

/** The same for an extended CONNECT of HTTP/2, as the upgrade that it stands for. A key is not asked for. RFC 8441 §5 */
export function readExtendedConnect(request: HandshakeRequest, options: HandshakeOptions): HandshakeAnswer {
  return (
    checkSize(request, options) ?? checkRequest(request) ?? readOffers(request, field(request, 'sec-websocket-key'))
  )
}

function readOffers(request: HandshakeRequest, key: string | undefined): HandshakeAnswer {
  const protocols = readProtocols(field(request, 'sec-websocket-protocol'))
  if (protocols === undefined) return refuse(400, 'Sec-WebSocket-Protocol is malformed')
  const extensions = readExtensions(field(request, 'sec-websocket-extensions'))
  if (extensions === undefined) return refuse(400, 'Sec-WebSocket-Extensions is malformed')
  return { ok: true, key, protocols, extensions }
}

/** The header fields of the 101; over HTTP/2 there need not be a key, and what stands for the 101 leaves the first two out. RFC 6455 §4.2.2 */
export function acceptHeaders(
  key: string | undefined,
  protocol: string | undefined,
  extensions: string | undefined,
): HandshakeHeaders {
  const headers: (readonly [string, string])[] = [...UPGRADE, ['Sec-WebSocket-Accept', acceptKey(key ?? '')]]
  if (protocol !== undefined) headers.push(['Sec-WebSocket-Protocol', protocol])
  if (extensions !== undefined) headers.push(['Sec-WebSocket-Extensions', extensions])
  return headers
}

/** Proves to the client that its handshake was understood. RFC 6455 §4.2.2 step 5.4 */
export function acceptKey(key: string): string {
  return hash('sha1', key + GUID, 'base64')
}

function checkSize(request: HandshakeRequest, { maxHeaderFields }: HandshakeOptions): HandshakeRefusal | undefined {
  return request.rawHeaders.length / 2 > maxHeaderFields ? refuse(431, 'Too many header fields') : undefined
}

function checkHttp1(request: HandshakeRequest): HandshakeRefusal | undefined {
  if (request.httpVersion !== '1.1') return refuse(505, 'A WebSocket needs HTTP/1.1') // RFC 6455 §4.2.1
  if (!isWebSocketUpgrade(request)) return refuse(426, 'This is a WebSocket endpoint', UPGRADE) // RFC 9110 §15.5.22
  return undefined
}

/** The rules that are the same for every version of HTTP. */
function checkRequest(request: HandshakeRequest): HandshakeRefusal | undefined {
  if (!single(request, 'host')) return refuse(400, 'Host must be given once') // RFC 9112 §3.2
  // A body would be frames to one and HTTP to another on the way: RFC 9110 §9.3.1 lets us refuse it.
  if (field(request, 'transfer-encoding') !== undefined) return refuse(400, 'An upgrade must not have a body')
  if ((field(request, 'content-length') ?? '0') !== '0') return refuse(400, 'An upgrade must not have a body')
  return checkVersion(request)
}

/** Compared as text: `0xd` and `13.0` are no versions. RFC 6455 §4.2.1 step 6, §4.2.2, §4.4 */
function checkVersion(request: HandshakeRequest): HandshakeRefusal | undefined {
  const version = field(request, 'sec-websocket-version')
  if (version === undefined) return refuse(400, 'Sec-WebSocket-Version is missing', VERSION)
  if (version !== '13') return refuse(426, 'Only WebSocket version 13 is spoken', [...UPGRADE, ...VERSION])
  return undefined
}

/** Undefined when malformed. Subprotocols must be unique. RFC 6455 §4.1 step 10, §11.3.4 */
function readProtocols(header: string | undefined): readonly string[] | undefined {
  if (header === undefined) return []
  const protocols = parseTokens(header, MAX_PROTOCOLS)
  return new Set(protocols).size === protocols?.length ? protocols : undefined
}

function readExtensions(header: string | undefined): readonly ExtensionOffer[] | undefined {
  return header === undefined ? [] : parseExtensions(header)
}

/** Repeated fields as one list. RFC 9110 §5.3 */
function field(request: Pick<HandshakeRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** The value of a field that is there exactly once. */
function single(request: HandshakeRequest, name: string): string | undefined {
  const lines = request.rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === name)
  return lines.length > 1 ? undefined : field(request, name)
}

function refuse(status: number, reason: string, headers: HandshakeHeaders = []): HandshakeRefusal {
  return { ok: false, status, reason, headers }
}
