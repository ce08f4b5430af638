// The bytes of one client frame. RFC 6455 §5.2
import { randomFillSync } from 'node:crypto'

export const CONTINUATION = 0
export const TEXT = 1
export const BINARY = 2
export const CLOSE = 8
export const PING = 9
export const PONG = 10

/** A right frame unless changed: masked, final, its length in as few bytes as can be. */
export function frame(opcode, payload = '', { fin = true, rsv = 0, mask = randomFillSync(Buffer.alloc(4)) } = {}) {
  const data = Buffer.from(payload)
  const masked = Buffer.allocUnsafe(data.length)
  for (let i = 0; i < data.length; i++) masked[i] = data[i] ^ mask[i & 3]
  return Buffer.concat([header((fin ? 0x80 : 0) | rsv | opcode, data.length), mask, masked])
}

/** The first bytes of a frame, up to its mask. */
export function header(first, length) {
  if (length < 126) return Buffer.from([first, 0x80 | length])
  const bytes = Buffer.alloc(length < 65_536 ? 4 : 10)
  bytes[0] = first
  bytes[1] = 0x80 | (length < 65_536 ? 126 : 127)
  if (length < 65_536) bytes.writeUInt16BE(length, 2)
  else bytes.writeBigUInt64BE(BigInt(length), 2)
  return bytes
}
