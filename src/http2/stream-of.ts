import type { ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { STREAM } from '../process-wide.ts'
import type { SocketSession } from './socket-session.ts'

/** A socket that stands for a stream of HTTP/2. Implemented by `StreamSocket`. */
export interface OverHttp2 extends Duplex {
  readonly [STREAM]: ServerHttp2Stream
  readonly session: SocketSession
  /** The client has sent a key, and so waits for Sec-WebSocket-Accept: those of Node do. */
  readonly hasKey: boolean
  /** From here on the stream is a WebSocket's, and no affair of the handshake's. */
  release(): ServerHttp2Stream
}

export function isOverHttp2(socket: Duplex): socket is OverHttp2 {
  return STREAM in socket
}

/** What bytes come by: the socket itself, or the stream that it stands for. */
export function carrierOf(socket: Duplex): Duplex {
  return isOverHttp2(socket) ? socket[STREAM] : socket
}
