import type { ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { SocketSession } from './socket-session.ts'

/** The error code of a stream that is no longer needed. RFC 9113 §7 */
const CANCEL = 8

/** Ends a transport at once. What a reset is to TCP, RST_STREAM with CANCEL is to a stream. RFC 8441 §5 */
export function cut(transport: Duplex | ServerHttp2Stream): void {
  const session = 'rstCode' in transport ? transport.session : undefined
  if (!('rstCode' in transport) || session === undefined || session.destroyed) {
    transport.destroy()
    return
  }
  SocketSession.of(session).probe()
  // What is queued goes out by the end of this turn: a response that was just given, say. On Node 20 a reset would overtake it, and
  // on 22 and 26 a stream that is destroyed takes it along.
  if (session.state.outboundQueueSize === 0) reset(transport)
  else setImmediate(reset, transport)
}

function reset(stream: ServerHttp2Stream): void {
  stream.close(CANCEL)
  stream.destroy()
}
