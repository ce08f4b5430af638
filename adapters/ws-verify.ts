import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { isThenable } from '../src/adapter.ts'
import type { ServerOptions, VerifyClientCallbackAsync, VerifyClientCallbackSync } from './ws-types.ts'

/** What a refused client is answered. */
export interface Verdict {
  readonly status: number
  /** @defaultValue the status in words */
  readonly body?: string | undefined
  readonly headers?: OutgoingHttpHeaders | undefined
}

/**
 * Asks `verifyClient`, if there is one: it answers at once, or with two parameters by a callback. `decided` gets what is
 * refused, or nothing. Returns what it returned, which may be a promise.
 * @throws TypeError for a promise in place of an answer; and what `verifyClient` throws
 */
export function verify(
  { verifyClient }: ServerOptions,
  request: IncomingMessage,
  decided: (refused?: Verdict) => void,
): unknown {
  if (!verifyClient) return decided()
  const info = { origin: request.headers.origin as string, secure: isSecure(request), req: request } // as its type says
  if (verifyClient.length === 2) {
    return (verifyClient as VerifyClientCallbackAsync)(info, (isAccepted, code, body, headers) =>
      decided(isAccepted ? undefined : { status: code || 401, body, headers }),
    )
  }
  const isAccepted: unknown = (verifyClient as VerifyClientCallbackSync)(info)
  if (isThenable(isAccepted)) throw new TypeError(ASYNC_VERIFY) // it is truthy, and would admit everybody
  return decided(isAccepted ? undefined : { status: 401 })
}

const ASYNC_VERIFY =
  'verifyClient returned a promise: write verifyClient(info, callback), and call callback(true) or callback(false)'

function isSecure({ socket }: IncomingMessage): boolean {
  const { authorized, encrypted } = socket as Partial<TLSSocket>
  return Boolean(authorized || encrypted)
}
