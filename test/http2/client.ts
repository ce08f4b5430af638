/** Node's own client over HTTP/2, with TLS and without. */

import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2'
import type { Test } from 'tap'
import { TLS } from '../adapters/tls.ts'

/** Of an extended CONNECT, what differs from a right one. */
export type Fields = Readonly<Record<string, string | string[] | undefined>>

/** Where a server is. */
export interface Door {
  readonly port: number
  /** With TLS, as browsers want it. */
  readonly isSecure?: boolean
  /** @defaultValue '127.0.0.1' */
  readonly host?: string
}

/** A session that ends with the test, and knows the server's settings. */
export async function sessionTo(
  t: Test,
  { port, isSecure = false, host = '127.0.0.1' }: Door,
  settings = {},
): Promise<ClientHttp2Session> {
  const session = isSecure
    ? connect(`https://localhost:${port}`, { settings, host, ca: TLS.cert })
    : connect(`http://localhost:${port}`, { settings, host })
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  await once(session, 'remoteSettings')
  return session
}

/** RFC 8441 §5 */
export function requestSocket(session: ClientHttp2Session, path = '/ws', fields: Fields = {}): ClientHttp2Stream {
  const headers = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': session.encrypted === true ? 'https' : 'http',
    ':path': path,
    ':authority': 'localhost',
    'sec-websocket-version': '13',
    ...fields,
  } as IncomingHttpHeaders // whatever a test says
  const stream = session.request(headers, { endStream: false })
  stream.on('error', () => undefined)
  return stream
}

export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
}

/** Without a status where the stream was reset. */
export function answerTo(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    stream.once('response', ({ ':status': status, ...headers }) => resolve({ status, headers }))
    stream.once('close', () => resolve({ status: undefined, headers: {} }))
  })
}

export async function openSocket(
  session: ClientHttp2Session,
  path?: string,
  fields?: Fields,
): Promise<ClientHttp2Stream> {
  const stream = requestSocket(session, path, fields)
  const { status } = await answerTo(stream)
  if (status !== 200) throw new Error(`expected 200; got ${status}`)
  return stream
}
