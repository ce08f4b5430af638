import { Buffer } from 'node:buffer'
import { Chunk } from './chunk.ts'
import { ProtocolError } from './errors.ts'
import { readLength, UNKNOWN } from './frame-length.ts'
import { FIN, RSV1 } from './frame-writer.ts'
import { EMPTY, GrowingBuffer } from './growing-buffer.ts'
import { unmask, unmaskedCopy, unmaskTo } from './mask.ts'
import { isControl, isReserved, Opcode } from './opcode.ts'

/** Receives frames in wire order. Implemented by `MessageAssembler`, and by the recorder in tests. */
export interface FrameSink {
  /** Once per frame, as soon as its length is known: limits act here, before anything is allocated. */
  onHeader(fin: boolean, rsv1: boolean, opcode: number, payloadLength: number): void
  /** A part of a data frame that has not ended yet. The last part comes with `onFrame`, in the whole payload. */
  onPayload(part: Buffer): void
  /** `payload` is unmasked: a view of the chunk it arrived in, or a copy if it arrived in several, or in a lent one. */
  onFrame(fin: boolean, rsv1: boolean, opcode: number, payload: Buffer): void
}

export interface FrameParserOptions {
  /** RSV1 may stand on the first frame of a data message: permessage-deflate was agreed. RFC 7692 §6 */
  readonly rsv1Allowed: boolean
  /** True for frames of a client, which must be masked; false for those of a server, which must not. RFC 6455 §5.1 */
  readonly masked?: boolean
}

const RSV2_RSV3 = 0x30
const MASK = 0x80
const MAX_HEADER_BYTES = 14

/**
 * Client bytes in, frames out. Knows nothing of sockets, messages or time.
 * Whole frames are unmasked inside the chunk that brought them, unless it is lent. A frame split over chunks is gathered in
 * one buffer that doubles, so work stays linear and memory under twice the bytes received, however finely a peer cuts its frames.
 */
export class FrameParser {
  /** Frames completed. */
  frames = 0
  #sink: FrameSink
  readonly #rsv1Allowed: boolean
  readonly #masked: boolean
  #stopped = false
  #held = false
  /** Which part of a frame the next byte belongs to; `idle` is between two frames. */
  #state: 'idle' | 'header' | 'payload' = 'idle'
  /** Between the first and the last frame of a message. RFC 6455 §5.4 */
  #inMessage = false
  #header: Buffer = EMPTY
  #headerBytes = 0
  #first = 0
  #length = UNKNOWN
  #key = 0
  #payload: GrowingBuffer | undefined = undefined

  constructor(sink: FrameSink, options: FrameParserOptions) {
    this.#sink = sink
    this.#rsv1Allowed = options.rsv1Allowed
    this.#masked = options.masked ?? true
  }

  /** Between two frames: no byte of a frame is waiting for its rest. */
  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  /** Bytes of a frame that is not complete, header included. */
  get unfinishedBytes(): number {
    return this.#headerBytes + (this.#payload === undefined ? 0 : this.#payload.length)
  }

  /**
   * Parses `bytes`, and owns them from here on; those that are lent only until it returns. Returns how many were taken:
   * all, unless there are `mostFrames` frames, or `hold` was called; the rest is to be pushed again. Throws
   * `ProtocolError`; the parser is stopped then.
   */
  push(bytes: Buffer, isLent = false, mostFrames = Infinity): number {
    const chunk = new Chunk(bytes, isLent)
    const last = this.frames + mostFrames
    this.#held = false
    try {
      let at = 0
      while (at < chunk.length && this.frames < last && !this.#stopped && !this.#held) at = this.#next(chunk, at)
      return this.#stopped ? chunk.length : at
    } catch (error) {
      this.stop()
      throw error
    }
  }

  /** From here on `sink` is given the frames. It may be changed at any time. */
  redirect(sink: FrameSink): void {
    this.#sink = sink
  }

  /** Called by the sink: what it was just given is the last for now. */
  hold(): void {
    this.#held = true
  }

  /** Ignores everything from here on, also the rest of a chunk that is being parsed. RFC 6455 §7.1.7, §5.5.1 */
  stop(): void {
    this.#stopped = true
    this.#state = 'idle'
    this.#header = EMPTY
    this.#headerBytes = 0
    this.#payload = undefined
  }

  #next(chunk: Chunk, at: number): number {
    if (this.#state === 'payload') return this.#gatherPayload(chunk, at)
    if (this.#state === 'header') return this.#gatherHeader(chunk, at)
    const size = this.#readHeader(chunk.bytes, at, chunk.length)
    if (this.#stopped) return chunk.length
    if (size > 0) return this.#startPayload(chunk, at + size)
    this.#state = 'header' // cut by the end of the chunk: rare, so only then does it cost a buffer
    this.#header = Buffer.allocUnsafeSlow(MAX_HEADER_BYTES)
    return at
  }

  /** The size of the header at `at`, or 0 while it lacks bytes; what is there is checked at once. RFC 6455 §5.2 */
  #readHeader(bytes: Buffer, at: number, end: number): number {
    const first = bytes[at]
    this.#checkFirst(first, first & 0x0f)
    if (end - at < 2) return 0
    const second = bytes[at + 1]
    this.#checkSecond(second, first & 0x0f)
    const code = second & 0x7f
    if (this.#length === UNKNOWN) {
      const length = code < 126 ? code : readLength(bytes, at + 2, end, code)
      if (length === UNKNOWN) return 0
      this.#first = first
      this.#length = length
      this.#sink.onHeader((first & FIN) !== 0, (first & RSV1) !== 0, first & 0x0f, length)
    }
    const keyAt = at + (code < 126 ? 2 : code === 126 ? 4 : 10)
    if (!this.#masked) return keyAt - at
    if (end - keyAt < 4) return 0
    this.#key = bytes[keyAt] | (bytes[keyAt + 1] << 8) | (bytes[keyAt + 2] << 16) | (bytes[keyAt + 3] << 24)
    return keyAt + 4 - at
  }

  /** The rules of the first byte. RFC 6455 §5.2, §5.4, §5.5; RFC 7692 §6 */
  #checkFirst(first: number, opcode: number): void {
    if ((first & RSV2_RSV3) !== 0) throw new ProtocolError('WS_RESERVED_BIT')
    if (isReserved(opcode)) throw new ProtocolError('WS_UNKNOWN_OPCODE')
    const begins = opcode === Opcode.Text || opcode === Opcode.Binary
    if ((first & RSV1) !== 0 && !(begins && this.#rsv1Allowed)) throw new ProtocolError('WS_RESERVED_BIT')
    if (begins && this.#inMessage) throw new ProtocolError('WS_EXPECTED_CONTINUATION')
    if (opcode === Opcode.Continuation && !this.#inMessage) throw new ProtocolError('WS_UNEXPECTED_CONTINUATION')
    if (isControl(opcode) && (first & FIN) === 0) throw new ProtocolError('WS_CONTROL_FRAGMENTED')
  }

  /** The rules of the second byte. RFC 6455 §5.1, §5.5 */
  #checkSecond(second: number, opcode: number): void {
    if ((second & MASK) === 0 && this.#masked) throw new ProtocolError('WS_UNMASKED')
    if ((second & MASK) !== 0 && !this.#masked) throw new ProtocolError('WS_MASKED')
    if (isControl(opcode) && (second & 0x7f) > 125) throw new ProtocolError('WS_CONTROL_TOO_LONG')
  }

  /** A byte at a time: what was held is checked again, which for 14 bytes is simpler than to remember where one was. */
  #gatherHeader(chunk: Chunk, at: number): number {
    this.#header[this.#headerBytes++] = chunk.bytes[at]
    const size = this.#readHeader(this.#header, 0, this.#headerBytes)
    if (size === 0 || this.#stopped) return at + 1
    this.#header = EMPTY
    this.#headerBytes = 0
    return this.#startPayload(chunk, at + 1)
  }

  #startPayload(chunk: Chunk, at: number): number {
    const end = at + this.#length
    this.#state = end > chunk.length ? 'payload' : 'idle'
    if (end > chunk.length) return at
    this.#endFrame(at === end ? EMPTY : this.#unmasked(chunk, at, end))
    return end
  }

  #unmasked(chunk: Chunk, at: number, end: number): Buffer {
    if (chunk.isLent) return unmaskedCopy(chunk, at, end, this.#key)
    unmask(chunk, at, end, this.#key, 0)
    return chunk.view(at, end)
  }

  #gatherPayload(chunk: Chunk, at: number): number {
    this.#payload ??= new GrowingBuffer(this.#length)
    const payload = this.#payload
    const held = payload.length
    const end = Math.min(chunk.length, at + this.#length - held)
    const part = payload.extend(end - at)
    unmaskTo(part, chunk.bytes, at, end, this.#key, held)
    if (payload.length === this.#length) {
      this.#state = 'idle'
      this.#payload = undefined
      this.#endFrame(payload.take())
    } else if (!isControl(this.#first & 0x0f)) this.#sink.onPayload(part)
    return end
  }

  #endFrame(payload: Buffer): void {
    const fin = (this.#first & FIN) !== 0
    const opcode = this.#first & 0x0f
    if (!isControl(opcode)) this.#inMessage = !fin
    this.#length = UNKNOWN
    this.frames++
    this.#sink.onFrame(fin, (this.#first & RSV1) !== 0, opcode, payload)
  }
}
