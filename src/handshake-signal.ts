import type { IncomingMessage } from 'node:http'
import { upgradeOf } from './upgrades.ts'

const NEVER = new AbortController().signal

/**
 * Aborted when the client of an opening handshake leaves, or when the handshake's time is over: hooks and middleware
 * hand it to what they wait for. For a request that is no handshake it is never aborted.
 *
 *     const user = await fetchUser(token, { signal: handshakeSignal(request) })
 *
 * @param request Node's, Express's or Fastify's
 */
export function handshakeSignal(request: IncomingMessage | { readonly raw: IncomingMessage }): AbortSignal {
  return upgradeOf('raw' in request ? request.raw : request)?.signal ?? NEVER
}
