/** A client over HTTP/2 that says in bytes what no library would, with TLS and without. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Test } from 'tap'
import { TLS } from '../adapters/tls.ts'
import type { Door } from './client.ts'

/** Frames of HTTP/2. RFC 9113 §4.1, §6 */
export const Type = {
  Data: 0,
  Headers: 1,
  Reset: 3,
  Settings: 4,
  PushPromise: 5,
  Ping: 6,
  GoAway: 7,
  WindowUpdate: 8,
  Continuation: 9,
} as const

export const Flag = { EndStream: 1, EndHeaders: 4, Padded: 8 } as const

export function http2Frame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header[3] = type
  header[4] = flags
  header.writeUInt32BE(streamId, 5)
  return Buffer.concat([header, payload])
}

/** Of a block of headers; as a list where a name may come twice. */
export type Fields = Readonly<Record<string, string>> | readonly (readonly [name: string, value: string])[]

/** HEADERS of one frame. */
export function headersFrame(streamId: number, fields: Fields, flags: number = Flag.EndHeaders): Buffer {
  return http2Frame(Type.Headers, flags, streamId, headerBlock(fields))
}

/** Each field a literal that is not indexed. RFC 7541 §6.2.2 */
export function headerBlock(fields: Fields): Buffer {
  const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)])
  const pairs = Array.isArray(fields) ? fields : Object.entries(fields)
  return Buffer.concat(pairs.map(([name, value]) => Buffer.concat([Buffer.of(0), text(name), text(value)])))
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
export async function rawSession(t: Test, door: Door): Promise<RawSession> {
  const socket = dial(door)
  t.teardown(() => socket.destroy())
  await once(socket, door.isSecure === true ? 'secureConnect' : 'connect')
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

export interface RawSession {
  readonly socket: Socket
  readonly seen: Seen[]
}

export interface Seen {
  readonly type: number
  readonly streamId: number
  readonly payload: Buffer
}

function dial({ port, isSecure = false, host = '127.0.0.1' }: Door): Socket {
  if (!isSecure) return connect(port, host)
  return connectTls({ port, host, ca: TLS.cert, servername: 'localhost', ALPNProtocols: ['h2'] })
}

/** Where the field's value is in the static table, and where it is not. RFC 7541 §6.1, §6.2, Appendix A */
const STATUS_AT: Record<number, number> = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 }

/** The status that a block of headers begins with. */
export function statusIn(frame: Seen | undefined): number | undefined {
  const block = frame?.payload ?? Buffer.alloc(0)
  return block[0] >= 0x80 ? STATUS_AT[block[0] & 0x7f] : Number(block.toString('latin1', 2, 5))
}
