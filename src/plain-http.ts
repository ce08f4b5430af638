import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isOverHttp2 } from './http2/stream-of.ts'
import { ignore, inTurn } from './in-turn.ts'

/**
 * Gives a request back to its server as if it had no Upgrade header, for Node has taken it out of HTTP as soon as there
 * was an 'upgrade' listener: the head is written again without that header, put in front of what follows, body
 * included, and the connection is begun anew. A server may ignore an Upgrade. RFC 9110 §7.8
 */
export function serveAsPlainHttp(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  if (hasBodyOfItsOwn(request, socket) || isOverHttp2(socket))
    inTurn(request.socket, () => answer(server, request, socket))
  else inTurn(socket, () => beginAnew(server, request, socket, head))
}

/** From Node 26 on a request's body is read by Node, in front of an upgrade. */
function hasBodyOfItsOwn(request: IncomingMessage, socket: Duplex): boolean {
  return socket !== request.socket || request.readableLength > 0
}

/** What Node's own parser would do next. The connection ends with it: what comes behind the body is nobody's. */
function answer(server: Server, request: IncomingMessage, socket: Duplex): void {
  if (socket.destroyed) return
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.on('finish', () => {
    response.detachSocket(socket as Socket)
    socket.end()
  })
  response.assignSocket(socket as Socket) // ServerResponse writes to any Duplex, but its type says Socket
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
  server.emit('request', request, response)
}

function beginAnew(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  if (socket.destroyed) return
  socket.off('error', ignore) // from here on the server listens again
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`, ...headerLines(request.rawHeaders)]
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}

/** The header fields without Upgrade, and without its name in Connection. Their values came from Node's parser. */
function headerLines(rawHeaders: readonly string[]): string[] {
  const lines: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    const value = name.toLowerCase() === 'connection' ? withoutUpgrade(rawHeaders[at + 1]) : rawHeaders[at + 1]
    if (name.toLowerCase() !== 'upgrade' && value !== undefined) lines.push(`${name}: ${value}`)
  }
  return lines
}

/** Undefined when nothing is left. */
function withoutUpgrade(connection: string): string | undefined {
  const tokens = connection.split(',').filter((token) => token.trim().toLowerCase() !== 'upgrade')
  return tokens.length === 0 ? undefined : tokens.join(',')
}
