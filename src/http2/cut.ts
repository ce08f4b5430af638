import type { ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { SocketSession } from './socket-session.ts'

/** The error code of a stream that is no longer needed. RFC 9113 §7 */
const CANCEL = 8

/** Ends a transport at once. What a reset is to TCP, RST_STREAM with CANCEL is to a stream. RFC 8441 §5 */
export function cut(transport: Duplex | ServerHttp2Stream): void {
  const session = 'rstCode' in transport ? transport.session : undefined
  if ('rstCode' in transport && session !== undefined && !session.destroyed) {
    // On Node 20 the reset would overtake what is queued: a response, say, that was just given.
    if (session.state.outboundQueueSize === 0) transport.close(CANCEL)
    SocketSession.of(session).probe()
  }
  transport.destroy()
}
