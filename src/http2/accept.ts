import type { Http2SecureServer, Http2Server, Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { EMPTY } from '../protocol/growing-buffer.ts'
import { cut } from './cut.ts'
import { SocketSession } from './socket-session.ts'
import { StreamSocket } from './stream-socket.ts'
import { upgradeRequest } from './upgrade-request.ts'

/** A server of `node:http2`, with TLS or without. */
export type AnyHttp2Server = Http2Server | Http2SecureServer

export function isHttp2Server(server: unknown): server is AnyHttp2Server {
  return typeof (server as Partial<AnyHttp2Server> | undefined)?.updateSettings === 'function'
}

type Emit = (event: string, ...args: unknown[]) => boolean

const accepting = new WeakSet<object>()

/**
 * From here on each WebSocket over HTTP/2 is an 'upgrade' event of its server, as one over HTTP/1.1 is: an extended CONNECT is none
 * of its 'stream' or 'connect' events any more. Clients are told so when their session begins. RFC 8441 §3, §4
 *
 * @throws TypeError for what is no server of `node:http2`
 */
export function acceptHttp2(server: AnyHttp2Server): void {
  if (!isHttp2Server(server)) throw new TypeError(NO_HTTP2)
  if (accepting.has(server)) return
  accepting.add(server)
  const emit = server.emit as Emit
  // Node answers a CONNECT that nobody listens for, and an emitter cannot stop an event halfway: ours is taken out before it is one.
  server.emit = function (this: AnyHttp2Server, event: string, ...args: unknown[]): boolean {
    if (event === 'stream' && take(server, ...(args as StreamEvent))) return true
    if (event === 'timeout' && stays(server, args[0] as Http2Session)) return true
    return Reflect.apply(emit, this, [event, ...args])
  }
  closeSessions(server)
  server.updateSettings({ enableConnectProtocol: true })
}

/** `server.close()` ends the sessions, too, when their WebSockets have ended: Node does so itself from 24 on, and at once. */
function closeSessions(server: AnyHttp2Server): void {
  const sessions = new Set<SocketSession>()
  let latest: SocketSession | undefined
  server.on('session', (session: Http2Session) => {
    const begun = SocketSession.of(session)
    latest = begun
    sessions.add(begun)
    session.once('close', () => sessions.delete(begun))
  })
  // Node's own listener, which was there before ours, has begun the session of this socket; or it speaks HTTP/1.1.
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Duplex) => {
    if (latest !== undefined) latest.socket = socket
    latest = undefined
  })
  const { close } = server
  server.close = (callback) => {
    for (const session of sessions) session.close()
    return Reflect.apply(close, server, [callback])
  }
}

/**
 * HTTP's time limit, for which Node ends a session that says nothing, is no WebSocket's. Returns whether the session stays; it is
 * asked again when the time is over once more, which Node would not do. Who listens for it decides for himself.
 */
function stays(server: AnyHttp2Server, session: Http2Session): boolean {
  if (server.listenerCount('timeout') > 0 || !SocketSession.hasStreams(session)) return false
  session.once('timeout', () => {
    if (!server.emit('timeout', session)) session.destroy()
  })
  return true
}

const NO_HTTP2 =
  'sockroute: WebSockets over HTTP/2 need a server of node:http2, such as http2.createSecureServer({ allowHTTP1: true, ... })'

type StreamEvent = [stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: string[]]

/** Returns whether the stream was ours. */
function take(server: AnyHttp2Server, ...[stream, headers, , rawHeaders]: StreamEvent): boolean {
  const protocol = headers[':protocol']
  if (protocol === undefined) return false
  if (String(protocol).toLowerCase() !== 'websocket') return server.listenerCount('connect') === 0 && refuse(stream)
  const { session } = stream
  if (session === undefined || stream.closed) return true // it was reset meanwhile
  if (stream.endAfterHeaders) {
    cut(stream) // it has ended before it has begun
    return true
  }
  const socket = new StreamSocket(stream, server, SocketSession.of(session), 'sec-websocket-key' in headers)
  return server.emit('upgrade', upgradeRequest(socket, headers, rawHeaders), socket, EMPTY) || refuse(stream)
}

/** We have said that we know the extended CONNECT, and not this one. RFC 9220 §3 */
function refuse(stream: ServerHttp2Stream): true {
  if (!stream.closed) stream.respond({ ':status': 501 }, { endStream: true })
  return true
}
