import type { IncomingMessage } from 'node:http'
import type { RouteSettings } from './defaults.ts'

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
  // Without the names, which the log would show: browsers have no other place for a token.
  throw new TypeError(
    `sockroute: the function given as protocols picked a ${typeof picked} that is none of the ${offered.length} offered; ` +
      'it returns one of them as it stands, or undefined',
  )
}
