import type { OutgoingHttpHeaders } from 'node:http'
import { serializeExtensions } from '../protocol/extension-header.ts'
import type { Address } from './address.ts'
import type { Asked } from './answer.ts'
import type { TransportOptions } from './client-options.ts'
import { offerDeflate } from './deflate-answer.ts'

/** What the user gave for the server that they named: others may not see it. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** `user:password` */
  readonly auth: string | undefined
  readonly transport: TransportOptions
}

/** Only this header is no secret to any other host: keys and tokens go by names of all kinds. */
const HARMLESS = 'user-agent'

/** What says who we are, or is about that one server. */
const OF_ONE_HOST: ReadonlySet<string> = new Set<keyof TransportOptions>([
  'cert',
  'key',
  'passphrase',
  'pfx',
  'secureContext',
  'servername',
  'socketPath',
])

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
export function elsewhere({ headers, auth, transport }: Credentials, from: Address, to: Address): Credentials {
  if (from.host === to.host) return { headers, auth: to.auth ?? auth, transport }
  return {
    headers: only(headers, (name) => name.toLowerCase() === HARMLESS) as Credentials['headers'], // all of it has values
    auth: to.auth,
    transport: only(transport, (name) => !OF_ONE_HOST.has(name)),
  }
}

function only<T extends object>(fields: T, isWanted: (name: string) => boolean): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => isWanted(name))) as Partial<T> // some of its own
}
