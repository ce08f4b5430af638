import { isUtf8 } from 'node:buffer'
import { CloseCode, isSendableCloseCode } from './close-code.ts'
import { ProtocolError } from './errors.ts'
import type { FrameSink } from './frame-parser.ts'
import { EMPTY, GrowingBuffer } from './growing-buffer.ts'
import { isControl, Opcode } from './opcode.ts'
import { Utf8Check } from './utf8.ts'

/** Receives messages and control frames in wire order. No buffer that it is given is written to again. */
export interface MessageSink {
  /** A compressed message comes as it was sent: neither inflated nor checked. */
  onMessage(data: Buffer, isBinary: boolean, compressed: boolean): void
  onPing(payload: Buffer): void
  onPong(payload: Buffer): void
  /** `code` is 1005 if the frame carried none. */
  onClose(code: number, reason: Buffer): void
}

/** What a message may cost; either may be Infinity. */
export interface MessageLimits {
  /** Over all fragments. A larger message fails with 1009, from the header that says so. */
  readonly maxMessageBytes: number
  /** Empty ones count. More fail with 1008. */
  readonly maxFragments: number
}

/** What a Buffer can have in every Node that we know; newer ones claim 2^53, which no machine has. */
const MAX_BUFFER_BYTES = 2 ** 32
/** No message is under way. */
const NONE = -1

/** Frames in, messages out: fragments, limits, UTF-8 and the contents of close frames. RFC 6455 §5.4, §5.5, §8.1 */
export class MessageAssembler implements FrameSink {
  /** Data messages completed. */
  messages = 0
  #sink: MessageSink
  readonly #maxBytes: number
  readonly #maxFragments: number
  /** The opcode of the message under way, which is that of its first frame. RFC 6455 §5.4 */
  #opcode = NONE
  #compressed = false
  #fragments = 0
  #gathered: GrowingBuffer | undefined = undefined
  #utf8: Utf8Check | undefined = undefined
  /** How much of the frame under way has been checked, part by part. */
  #checkedBytes = 0

  constructor(sink: MessageSink, limits: MessageLimits) {
    this.#sink = sink
    this.#maxBytes = Math.min(limits.maxMessageBytes, MAX_BUFFER_BYTES)
    this.#maxFragments = limits.maxFragments
  }

  /** No message is under way. */
  get isIdle(): boolean {
    return this.#opcode === NONE
  }

  /** Bytes of complete frames of a message that is not complete. */
  get unfinishedBytes(): number {
    return this.#gathered === undefined ? 0 : this.#gathered.length
  }

  /** From here on `sink` is given the messages. It may be changed at any time. */
  redirect(sink: MessageSink): void {
    this.#sink = sink
  }

  /** Nothing more will come: what was gathered is let go of. */
  stop(): void {
    this.#opcode = NONE
    this.#gathered = undefined
    this.#utf8 = undefined
  }

  onHeader(_fin: boolean, rsv1: boolean, opcode: number, payloadLength: number): void {
    if (opcode === Opcode.Close && payloadLength === 1) throw new ProtocolError('WS_BAD_CLOSE_LENGTH') // §5.5.1
    if (isControl(opcode)) return
    if (opcode !== Opcode.Continuation) {
      this.#opcode = opcode
      this.#compressed = rsv1
      this.#fragments = 0
    }
    if (++this.#fragments > this.#maxFragments) throw new ProtocolError('WS_TOO_MANY_FRAGMENTS')
    if (payloadLength > this.#roomBytes() - this.unfinishedBytes) throw new ProtocolError('WS_TOO_BIG')
  }

  onPayload(part: Buffer): void {
    if (!this.#isPlainText()) return
    this.#checkText(part)
    this.#checkedBytes += part.length
  }

  onFrame(fin: boolean, _rsv1: boolean, opcode: number, payload: Buffer): void {
    if (isControl(opcode)) this.#control(opcode, payload)
    else if (fin && opcode !== Opcode.Continuation) this.#single(payload)
    else this.#fragment(fin, payload)
  }

  /** A message in one frame is handed over as it is. */
  #single(payload: Buffer): void {
    if (this.#isPlainText()) {
      if (this.#checkedBytes > 0) this.#endText(payload)
      else if (!isUtf8(payload)) throw new ProtocolError('WS_BAD_UTF8')
    }
    this.#endMessage(payload)
  }

  /** Copied, and at once: a list of views would keep their chunks, of which a peer could make each hold one byte. */
  #fragment(fin: boolean, payload: Buffer): void {
    if (this.#isPlainText()) {
      if (fin) this.#endText(payload)
      else this.#checkRest(payload)
    }
    this.#gathered ??= new GrowingBuffer(this.#roomBytes())
    this.#gathered.append(payload, 0, payload.length)
    if (fin) this.#endMessage(this.#gathered.take())
  }

  #endMessage(data: Buffer): void {
    const isBinary = this.#opcode === Opcode.Binary
    const compressed = this.#compressed
    this.#opcode = NONE
    this.#gathered = undefined
    this.#utf8 = undefined
    this.messages++
    this.#sink.onMessage(data, isBinary, compressed)
  }

  #isPlainText(): boolean {
    return this.#opcode === Opcode.Text && !this.#compressed
  }

  #checkText(part: Buffer): void {
    this.#utf8 ??= new Utf8Check()
    if (!this.#utf8.push(part)) throw new ProtocolError('WS_BAD_UTF8')
  }

  /** The end of a frame, of which `onPayload` may have seen the beginning. */
  #checkRest(payload: Buffer): void {
    this.#checkText(this.#checkedBytes === 0 ? payload : payload.subarray(this.#checkedBytes))
    this.#checkedBytes = 0
  }

  #endText(payload: Buffer): void {
    this.#checkRest(payload)
    if (this.#utf8?.end() === false) throw new ProtocolError('WS_BAD_UTF8')
  }

  /**
   * Compressed bytes can be more than what they inflate to: deflate turns what it cannot compress into at most nine
   * bits a byte. So an honest message just within the limit passes here; what it inflates to is counted later.
   */
  #roomBytes(): number {
    return this.#compressed ? Math.min(this.#maxBytes * 1.125 + 64, MAX_BUFFER_BYTES) : this.#maxBytes
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.Ping) this.#sink.onPing(payload)
    else if (opcode === Opcode.Pong) this.#sink.onPong(payload)
    else if (payload.length === 0) this.#sink.onClose(CloseCode.NoStatus, EMPTY)
    else this.#close(payload)
  }

  /** RFC 6455 §5.5.1, §7.4 */
  #close(payload: Buffer): void {
    const code = payload.readUInt16BE(0)
    if (!isSendableCloseCode(code)) throw new ProtocolError('WS_BAD_CLOSE_CODE')
    const reason = payload.subarray(2)
    if (!isUtf8(reason)) throw new ProtocolError('WS_BAD_CLOSE_REASON')
    this.#sink.onClose(code, reason)
  }
}
