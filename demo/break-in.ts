import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { TLSSocket } from 'node:tls'

/** One handshake as it went over the wire. */
export interface Handshake {
  readonly status: number
  readonly reason: string
  readonly sent: readonly string[]
  readonly received: readonly string[]
  readonly body: string
}

const TIMEOUT_MS = 5000
const MAX_BODY_CHARS = 2000

/**
 * A browser never tells a script why a handshake failed. So the server makes the same handshake to itself,
 * over loopback and by HTTP/1.1, and returns what came back.
 */
export function tryToBreakIn(how: 'no-login' | 'foreign-origin', request: IncomingMessage): Promise<Handshake> {
  const { host = String(request.headers[':authority'] ?? 'localhost') } = request.headers
  const { localAddress, localPort, encrypted } = request.socket as TLSSocket
  const ask = encrypted ? httpsRequest : httpRequest
  const attempt = ask({
    host: localAddress,
    port: localPort,
    path: '/chat/lobby',
    timeout: TIMEOUT_MS,
    rejectUnauthorized: false, // it is ourselves, with a certificate that nobody else has signed
    headers: {
      Host: host,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...(how === 'no-login'
        ? { Origin: `${encrypted ? 'https' : 'http'}://${host}` }
        : { Origin: 'https://evil.example', Cookie: request.headers.cookie ?? '' }),
    },
  })
  return outcome(attempt)
}

function outcome(attempt: ClientRequest): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    attempt.on('response', async (response) => {
      let body = ''
      for await (const chunk of response) body = `${body}${chunk}`.slice(0, MAX_BODY_CHARS)
      resolve(describe(attempt, response, body))
    })
    attempt.on('upgrade', (response, socket) => {
      socket.destroy() // somebody did break in
      resolve(describe(attempt, response, ''))
    })
    attempt.on('timeout', () => attempt.destroy(new Error('no answer')))
    attempt.on('error', reject)
    attempt.end()
  })
}

function describe(attempt: ClientRequest, response: IncomingMessage, body: string): Handshake {
  const { statusCode: status = 0, statusMessage: reason = '', rawHeaders } = response
  const received = [`HTTP/${response.httpVersion} ${status} ${reason}`]
  for (let i = 0; i < rawHeaders.length; i += 2) received.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  const sent = [`GET ${attempt.path} HTTP/1.1`]
  for (const name of attempt.getRawHeaderNames()) {
    sent.push(`${name}: ${name === 'Cookie' ? '(your session)' : String(attempt.getHeader(name))}`)
  }
  return { status, reason, sent, received, body }
}
