import { Buffer, isUtf8 } from 'node:buffer'
import { CloseCode, isSendableCloseCode } from './close-code.ts'
import { EMPTY } from './growing-buffer.ts'

/** The last frame of its message, as it stands in the first byte. RFC 6455 §5.2 */
export const FIN = 0x80
/** The first frame of a compressed message. RFC 7692 §6 */
export const RSV1 = 0x40

/** A control frame carries 125 bytes at most, and the code is two of them. RFC 6455 §5.5, §5.5.1 */
const MAX_REASON_BYTES = 123

/** The size of an unmasked header: lengths are in their shortest form. RFC 6455 §5.2 */
export function headerLength(payloadLength: number): number {
  if (payloadLength < 126) return 2
  return payloadLength < 65536 ? 4 : 10
}

/**
 * Writes the header of one unmasked frame into `out` at `offset`, and returns
 * its size. `flags` is FIN and RSV1 as they stand in the first byte. RFC 6455 §5.2
 */
export function writeHeader(out: Buffer, flags: number, opcode: number, payloadLength: number, offset = 0): number {
  out[offset] = flags | opcode
  if (payloadLength < 126) {
    out[offset + 1] = payloadLength
    return 2
  }
  if (payloadLength < 65536) {
    out[offset + 1] = 126
    out.writeUInt16BE(payloadLength, offset + 2)
    return 4
  }
  out[offset + 1] = 127
  out.writeUInt16BE(0, offset + 2)
  out.writeUIntBE(payloadLength, offset + 4, 6) // a Buffer is shorter than 2^48 bytes
  return 10
}

/** One whole frame, the payload copied behind its header. */
export function frame(opcode: number, payload: Buffer, flags: number = FIN): Buffer {
  const out = Buffer.allocUnsafe(headerLength(payload.length) + payload.length)
  payload.copy(out, writeHeader(out, flags, opcode, payload.length))
  return out
}

/**
 * The payload of a close frame. Without a code there is none, and a reason without a code gets 1000, as in browsers.
 * What could not be sent is misuse by the caller, and thrown at it. RFC 6455 §5.5.1, §7.4
 */
export function closePayload(code: number | undefined, reason: string | Buffer): Buffer {
  const text = typeof reason === 'string' ? Buffer.from(reason) : reason
  if (code === undefined && text.length === 0) return EMPTY
  const sent = code ?? CloseCode.Normal
  check(sent, text)
  const payload = Buffer.allocUnsafe(2 + text.length)
  payload.writeUInt16BE(sent)
  text.copy(payload, 2)
  return payload
}

function check(code: unknown, reason: Buffer): void {
  if (typeof code !== 'number') {
    throw new TypeError(`a close code is a number; got a ${typeof code}. Write close(1000, 'reason')`)
  }
  if (!isSendableCloseCode(code)) {
    throw new RangeError(
      `${code} is not a close code that may be sent; write 1000, or one of your own from 4000 to 4999`,
    )
  }
  if (reason.length > MAX_REASON_BYTES) {
    throw new RangeError(
      `a close reason has at most ${MAX_REASON_BYTES} bytes; got ${reason.length}. Send the rest in a message before it`,
    )
  }
  if (!isUtf8(reason)) throw new TypeError('a close reason must be UTF-8')
}
