import type { OutgoingHttpHeaders } from 'node:http'
import { serializeExtensions } from '../protocol/extension-header.ts'
import type { Address } from './address.ts'
import type { Asked } from './answer.ts'
import { offerDeflate } from './deflate-answer.ts'

/** What the user gave for the server that they named: others may not see it. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** `user:password` */
  readonly auth: string | undefined
  readonly socketPath: string | undefined
}

/** What goes to no other host than the one that it was meant for. */
const SECRET = ['authorization', 'cookie', 'host', 'proxy-authorization']

/** The header fields of the handshake. RFC 6455 §4.1 */
export function handshakeHeaders(
  { key, protocols, compression }: Asked,
  { headers }: Pick<Credentials, 'headers'>,
  { host }: Address,
  origin: string | undefined,
): OutgoingHttpHeaders {
  const isHostGiven = Object.keys(headers).some((name) => name.toLowerCase() === 'host')
  const fields: OutgoingHttpHeaders = {
    ...(isHostGiven ? {} : { Host: host === '' ? 'localhost' : host }), // Node would name the scheme's own port, too
    ...(headers as OutgoingHttpHeaders), // Node changes no list that it is given
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
  }
  if (origin !== undefined) fields.Origin = origin
  if (protocols.length > 0) fields['Sec-WebSocket-Protocol'] = protocols.join(', ')
  if (compression !== undefined) fields['Sec-WebSocket-Extensions'] = serializeExtensions([offerDeflate(compression)])
  return fields
}

/** What is left of the credentials on the way from one address to another. */
export function elsewhere(credentials: Credentials, from: Address, to: Address): Credentials {
  const isSameHost = from.host === to.host && from.socketPath === to.socketPath
  if (isSameHost) return { ...credentials, auth: to.auth ?? credentials.auth }
  const harmless = Object.entries(credentials.headers).filter(([name]) => !SECRET.includes(name.toLowerCase()))
  return { headers: Object.fromEntries(harmless), auth: to.auth, socketPath: undefined }
}
