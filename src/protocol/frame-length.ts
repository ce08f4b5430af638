import type { Buffer } from 'node:buffer'
import { ProtocolError } from './errors.ts'

/** Not all bytes of a length are there yet. */
export const UNKNOWN = -1

/**
 * The 16 bits (`code` 126) or 64 bits (127) of a longer length in `bytes[at, end)`, refused at the byte that makes them
 * wrong; `UNKNOWN` while some are missing. RFC 6455 §5.2
 * Over 2^53 the number is no longer exact, and need not be: no limit lies there.
 */
export function readLength(bytes: Buffer, at: number, end: number, code: number): number {
  if (code === 126) {
    if (end - at < 2) return UNKNOWN
    const length = bytes.readUInt16BE(at)
    if (length < 126) throw new ProtocolError('WS_LENGTH_NOT_MINIMAL')
    return length
  }
  if (end > at && bytes[at] > 0x7f) throw new ProtocolError('WS_LENGTH_TOO_LARGE')
  if (end - at < 6) return UNKNOWN
  const high = bytes.readUIntBE(at, 6)
  if (high === 0) throw new ProtocolError('WS_LENGTH_NOT_MINIMAL')
  if (end - at < 8) return UNKNOWN
  return Math.min(high * 65536 + bytes.readUInt16BE(at + 6), Number.MAX_SAFE_INTEGER)
}
