import type { IncomingHttpHeaders } from 'node:http'
import type { CompressionSettings } from '../defaults.ts'
import { PermessageDeflate } from '../extensions/permessage-deflate.ts'
import { parseExtensions } from '../protocol/extension-header.ts'
import { acceptKey } from '../protocol/handshake.ts'
import { includesToken } from '../protocol/token-list.ts'
import { readDeflateAnswer } from './deflate-answer.ts'

/** What the client has sent, as far as the answer has to fit it. */
export interface Asked {
  /** Sec-WebSocket-Key. */
  readonly key: string
  readonly protocols: readonly string[]
  /** Undefined where permessage-deflate was not offered. */
  readonly compression: CompressionSettings | undefined
}

/** What client and server have agreed on. */
export interface Agreed {
  /** '' for none. */
  readonly protocol: string
  readonly extension: PermessageDeflate | undefined
}

/** A window of 256 bytes is more than zlib can keep to: messages go out as they are then, which is always right. */
const NO_DEFLATE_BITS = 8

/** Checks the whole of a 101. Returns what was agreed on, or a sentence that says what is wrong. RFC 6455 §4.1 */
export function readAnswer(
  { headers, httpVersion }: { readonly headers: IncomingHttpHeaders; readonly httpVersion: string },
  asked: Asked,
): Agreed | string {
  if (httpVersion !== '1.1') return `it is HTTP/${httpVersion}, and a WebSocket needs HTTP/1.1`
  if (headers.upgrade?.trim().toLowerCase() !== 'websocket') return 'its Upgrade header is not websocket'
  if (!includesToken(headers.connection ?? '', 'upgrade')) return 'its Connection header lacks Upgrade'
  if (headers['sec-websocket-accept']?.trim() !== acceptKey(asked.key)) {
    return 'its Sec-WebSocket-Accept header does not belong to our key'
  }
  const protocol = headers['sec-websocket-protocol']?.trim()
  if (protocol !== undefined && !asked.protocols.includes(protocol)) {
    return `it chose the subprotocol ${JSON.stringify(protocol)}, which was not offered`
  }
  const extension = readExtensions(headers['sec-websocket-extensions'], asked)
  return typeof extension === 'string' ? extension : { protocol: protocol ?? '', extension }
}

function readExtensions(header: string | undefined, asked: Asked): PermessageDeflate | undefined | string {
  if (header === undefined) return undefined
  const answers = parseExtensions(header)
  if (answers === undefined) return 'its Sec-WebSocket-Extensions header is malformed'
  const { compression } = asked
  const unknown = answers.find(({ name }) => compression === undefined || name !== 'permessage-deflate')
  if (unknown !== undefined) return `it uses the extension ${unknown.name}, which was not offered`
  const [answer, another] = answers
  if (another !== undefined) return 'it uses permessage-deflate twice'
  if (compression === undefined) return undefined
  const agreement = readDeflateAnswer(answer, compression)
  if (typeof agreement === 'string') return `of permessage-deflate, ${agreement}`
  const isTooSmall = agreement.ownMaxWindowBits === NO_DEFLATE_BITS
  return new PermessageDeflate(agreement, isTooSmall ? { ...compression, thresholdBytes: Infinity } : compression)
}
