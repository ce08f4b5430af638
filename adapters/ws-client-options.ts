import type { ClientOptions as OwnOptions } from '../src/client/index.ts'
import { compressionOf } from './ws-compression.ts'
import { limit, OWN_DEFAULTS, WS_DEFAULTS } from './ws-options.ts'
import type { ClientOptions } from './ws-types.ts'

/** What `ws` knows, and makes no difference here. */
const WITHOUT_MEANING = new Set([
  'allowSynchronousEvents',
  'autoPong',
  'generateMask',
  'maxBufferedChunks',
  'maxPendingAutoPongs',
  'protocolVersion',
  'skipUTF8Validation',
])

/** `ws`'s names, with what they mean to our client. What neither has is refused there. */
export function clientOptionsOf(options: ClientOptions): OwnOptions {
  const { closeTimeout, handshakeTimeout, maxPayload, maxFragments, perMessageDeflate, headers, origin, ...rest } =
    options
  const own = Object.entries(rest).filter(([name, value]) => !WITHOUT_MEANING.has(name) && value !== null)
  const { delivery, maxBufferedBytes, maxUnsentBytes, handshakeTimeoutMs } = OWN_DEFAULTS
  return {
    delivery,
    maxBufferedBytes,
    maxUnsentBytes,
    maxMessageBytes: limit(maxPayload ?? WS_DEFAULTS.maxPayload),
    maxFragments: limit(maxFragments ?? WS_DEFAULTS.maxFragments),
    closeTimeoutMs: closeTimeout ?? WS_DEFAULTS.closeTimeout,
    handshakeTimeoutMs: handshakeTimeout ?? handshakeTimeoutMs,
    compression: compressionOf(perMessageDeflate ?? true),
    ...withOrigin(headers ?? {}, origin),
    ...Object.fromEntries(own),
  }
}

/** Many give the Origin as one of the headers. */
function withOrigin(
  headers: NonNullable<OwnOptions['headers']>,
  origin?: string,
): Pick<OwnOptions, 'headers' | 'origin'> {
  const isOrigin = (name: string): boolean => name.toLowerCase() === 'origin'
  const named = Object.entries(headers).find(([name]) => isOrigin(name))
  return {
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !isOrigin(name))),
    origin: origin ?? named?.[1].toString(),
  }
}
