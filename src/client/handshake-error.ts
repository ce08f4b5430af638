import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** What a server answered in place of a WebSocket. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The start of the body, as text: 4 KiB of it at most. */
  readonly body: string
}

/** Why there is no connection, where that is no error of the network's: the server's answer was none, or not right. RFC 6455 §4.1 */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly code = 'WS_HANDSHAKE'
  /** The status of the answer, where there was one. */
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders | undefined
  /** The start of the body, as text: 4 KiB of it at most; '' where there was none. */
  readonly body: string

  constructor(message: string, answer?: Answer) {
    super(message)
    this.status = answer?.status
    this.headers = answer?.headers
    this.body = answer?.body ?? ''
  }
}

/** A whole answer, and not a WebSocket. */
export function unexpected(
  { statusCode: status = 0, statusMessage = '', headers }: IncomingMessage,
  body = '',
): HandshakeError {
  const answer = { status, headers, body }
  return new HandshakeError(`the server answered ${`${status} ${statusMessage}`.trim()} in place of 101`, answer)
}
