import { Chunks, COPY_UP_TO, type Slot, slab } from '../chunks.ts'
import { Chunk } from '../protocol/chunk.ts'
import { headerLength, writeHeader } from '../protocol/frame-writer.ts'
import { unmask, unmaskTo } from '../protocol/mask.ts'
import { maskingKey } from './masking-key.ts'

const MASK = 0x80
const KEY_BYTES = 4

/** The slab that was last written to: what is asked of its memory is the same for all frames in it. */
let slabChunk = new Chunk(slab.bytes)

/** The same as a client sends them: masked, each with a key of its own. What is masked is always a copy. RFC 6455 §5.1, §5.3 */
export class MaskedChunks extends Chunks {
  override addFrame(flags: number, opcode: number, payload: Buffer): void {
    const { length } = payload
    if (length > COPY_UP_TO) {
      const frame = masked(flags | opcode, payload)
      this.push(frame, frame.length)
      return
    }
    const at = this.#claimMasked(flags | opcode, length)
    slab.bytes.set(payload, at)
    maskInSlab(at, length)
  }

  override addText(flags: number, opcode: number, text: string): void {
    const length = Buffer.byteLength(text)
    if (length > COPY_UP_TO) {
      this.addFrame(flags, opcode, Buffer.from(text))
      return
    }
    const at = this.#claimMasked(flags | opcode, length)
    slab.bytes.write(text, at, length, 'utf8')
    maskInSlab(at, length)
  }

  /** `frame` is framed as a server's: once for all who get it. */
  override addRaw(frame: Buffer): void {
    const bytes = maskedFrame(frame)
    this.push(bytes, bytes.length)
  }

  /** As `addRaw`. */
  override fill(slot: Slot, frame: Buffer): void {
    super.fill(slot, maskedFrame(frame))
  }

  /** Writes the header of a small frame, key and all, and returns where in the slab its payload goes. */
  #claimMasked(first: number, length: number): number {
    const header = headerLength(length)
    const start = this.claim(header + KEY_BYTES + length)
    writeMaskedHeader(slab.bytes, first, length, maskingKey(), start)
    return start + header + KEY_BYTES
  }
}

/** Its key stands in front of it. */
function maskInSlab(at: number, length: number): void {
  const { bytes } = slab
  if (slabChunk.bytes !== bytes) slabChunk = new Chunk(bytes)
  unmask(slabChunk, at, at + length, bytes.readInt32LE(at - KEY_BYTES), 0)
}

function maskedFrame(frame: Buffer): Buffer {
  const code = frame[1]
  return masked(frame[0], frame.subarray(code < 126 ? 2 : code === 126 ? 4 : 10))
}

function masked(first: number, payload: Buffer): Buffer {
  const { length } = payload
  const at = headerLength(length) + KEY_BYTES
  const out = Buffer.allocUnsafe(at + length)
  const key = maskingKey()
  writeMaskedHeader(out, first, length, key, 0)
  unmaskTo(out.subarray(at), payload, 0, length, key, 0)
  return out
}

function writeMaskedHeader(out: Buffer, first: number, length: number, key: number, start: number): void {
  const size = writeHeader(out, first, 0, length, start)
  out[start + 1] |= MASK
  out.writeInt32LE(key, start + size)
}
