import { FIN, RSV1 } from '../../src/protocol/frame-writer.ts'

/** The masking key of RFC 6455 §5.7, used wherever a test does not say otherwise. */
export const MASK = '37fa213d'

/** Bytes from hexadecimal text, which may hold spaces. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

/** The plain way to mask, byte by byte. RFC 6455 §5.3 */
export function naiveMask(payload: Buffer, key: Buffer): Buffer {
  return Buffer.from(payload.map((byte, at) => byte ^ key[at % 4]))
}

export interface FrameFields {
  fin?: boolean
  rsv1?: boolean
  key?: Buffer
}

/** A client's frame, built without the code under test. RFC 6455 §5.2 */
export function clientFrame(opcode: number, payload: string | Buffer, fields: FrameFields = {}): Buffer {
  const { fin = true, rsv1 = false, key = hex(MASK) } = fields
  const bytes = Buffer.from(payload)
  const first = (fin ? FIN : 0) | (rsv1 ? RSV1 : 0) | opcode
  return Buffer.concat([Buffer.of(first), length(bytes.length), key, naiveMask(bytes, key)])
}

/** A server's. RFC 6455 §5.1 */
export function serverFrame(opcode: number, payload: string | Buffer, fields: Omit<FrameFields, 'key'> = {}): Buffer {
  const { fin = true, rsv1 = false } = fields
  const bytes = Buffer.from(payload)
  const first = (fin ? FIN : 0) | (rsv1 ? RSV1 : 0) | opcode
  return Buffer.concat([Buffer.of(first), length(bytes.length, 0), bytes])
}

function length(bytes: number, mask = 0x80): Buffer {
  if (bytes < 126) return Buffer.of(mask | bytes)
  const out = Buffer.alloc(bytes < 65536 ? 3 : 9, mask | (bytes < 65536 ? 126 : 127))
  if (bytes < 65536) out.writeUInt16BE(bytes, 1)
  else out.writeBigUInt64BE(BigInt(bytes), 1)
  return out
}

/**
 * Client frames in short: the first byte, then the payload in hexadecimal or quoted text, each times a number if need
 * be; `|` between frames. `01 "a" | 80 e282ac | 82 00*1000`
 */
export function session(text: string): Buffer {
  return Buffer.concat(text.split('|').filter(Boolean).map(shortFrame))
}

function shortFrame(text: string): Buffer {
  const [first = '', ...parts] = text.match(/("[^"]*"|\S)+/g) ?? []
  const payload = parts.map((part) => {
    const [what, times = '1'] = part.split('*')
    const bytes = what.startsWith('"') ? Buffer.from(what.slice(1, -1)) : hex(what)
    return Buffer.alloc(bytes.length * Number(times), bytes)
  })
  const bits = Number.parseInt(first, 16)
  return clientFrame(bits & 0x0f, Buffer.concat(payload), { fin: (bits & FIN) !== 0, rsv1: (bits & RSV1) !== 0 })
}

/** The same bytes whole, a byte at a time, and in every split in two (of long ones, those near both ends). */
export function* everyCut(wire: Buffer): Generator<[name: string, chunks: Buffer[]]> {
  yield ['in one chunk', [Buffer.from(wire)]]
  yield ['a byte at a time', Array.from(wire, (byte) => Buffer.of(byte))]
  for (let at = 0; at <= wire.length; at++) {
    if (at > 40 && at < wire.length - 40) continue
    yield [`cut at ${at}`, [Buffer.from(wire.subarray(0, at)), Buffer.from(wire.subarray(at))]]
  }
}
