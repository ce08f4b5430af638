import type { IncomingMessage } from 'node:http'
import type { RouteSettings } from './options.ts'

/** The subprotocol that is answered: one of those offered, or none. RFC 6455 §4.2.2 @throws TypeError for another */
export function pickProtocol(
  offered: readonly string[],
  { protocols }: Pick<RouteSettings, 'protocols'>,
  request: IncomingMessage,
): string | undefined {
  if (typeof protocols !== 'function') return protocols.find((protocol) => offered.includes(protocol))
  if (offered.length === 0) return undefined
  const picked = protocols(offered, request)
  if (picked === undefined || offered.includes(picked)) return picked
  throw new TypeError(
    `the function given as protocols picked ${JSON.stringify(picked)}, which the client did not offer; ` +
      `it offered ${offered.join(', ')}`,
  )
}
