/** Clients over HTTP/2: Node's, and one that says in bytes what no library would. */

import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Test } from 'tap'

/** Of an extended CONNECT, what differs from a right one. */
export type Fields = Readonly<Record<string, string | string[] | undefined>>

/** A session that ends with the test, and knows the server's settings. */
export async function sessionTo(t: Test, port: number, settings = {}): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, { settings })
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
    ':scheme': 'http',
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

/** Frames of HTTP/2. RFC 9113 §4.1, §6 */
export const Type = { Data: 0, Headers: 1, Reset: 3, Settings: 4, GoAway: 7, WindowUpdate: 8 } as const

export function http2Frame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header[3] = type
  header[4] = flags
  header.writeUInt32BE(streamId, 5)
  return Buffer.concat([header, payload])
}

/** HEADERS that end the headers, and not the stream; each field a literal that is not indexed. RFC 7541 §6.2.2 */
export function headersFrame(streamId: number, fields: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)])
  const block = Object.entries(fields).map(([name, value]) => Buffer.concat([Buffer.of(0), text(name), text(value)]))
  return http2Frame(Type.Headers, 4, streamId, Buffer.concat(block))
}

export const CONNECT = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'http',
  ':path': '/ws',
  ':authority': 'localhost',
  'sec-websocket-version': '13',
}

export const PREFACE: Buffer = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  http2Frame(Type.Settings, 0, 0),
])

/** A socket that has said the preface; and the types of the frames that come, as they come. */
export async function rawSession(t: Test, port: number): Promise<{ socket: Socket; seen: Seen[] }> {
  const socket = connectTcp(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  const seen: Seen[] = []
  let bytes = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3)
      seen.push({ type: bytes[3], streamId: bytes.readUInt32BE(5), payload: bytes.subarray(9, end) })
      bytes = bytes.subarray(end)
    }
  })
  socket.write(PREFACE)
  return { socket, seen }
}

export interface Seen {
  readonly type: number
  readonly streamId: number
  readonly payload: Buffer
}
