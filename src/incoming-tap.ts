import type { Watched } from './audience.ts'
import type { FrameSink } from './protocol/frame-parser.ts'
import type { MessageSink } from './protocol/message-assembler.ts'
import { isControl, Opcode } from './protocol/opcode.ts'

/** Where what comes in goes on. */
export interface Way {
  readonly frames: FrameSink
  readonly messages: MessageSink
  /** Nothing that comes in matters any more: a listener may have ended the connection. */
  isOver(): boolean
}

/**
 * Stands in the way of frames and messages that come in, and tells of them; there only while somebody looks. What frames are of and
 * what messages become is the next one's affair.
 */
export class IncomingTap implements FrameSink, MessageSink {
  readonly #of: Watched
  readonly #masked: boolean
  readonly #way: Way
  /** Of the message under way, so far. */
  #wireLength: number

  constructor(of: Watched, masked: boolean, way: Way, unfinishedBytes: number) {
    this.#of = of
    this.#masked = masked
    this.#way = way
    this.#wireLength = unfinishedBytes
  }

  onHeader(fin: boolean, rsv1: boolean, opcode: number, payloadLength: number): void {
    this.#way.frames.onHeader(fin, rsv1, opcode, payloadLength)
  }

  onPayload(part: Buffer): void {
    this.#way.frames.onPayload(part)
  }

  onFrame(fin: boolean, rsv1: boolean, opcode: number, payload: Buffer): void {
    const payloadLength = payload.length
    if (opcode === Opcode.Continuation) this.#wireLength += payloadLength
    else if (!isControl(opcode)) this.#wireLength = payloadLength
    const { connection, route, audience } = this.#of
    if (audience.frames.hasSubscribers) {
      const masked = this.#masked
      audience.frames.publish({ connection, route, direction: 'in', fin, rsv1, opcode, masked, payloadLength, payload })
    }
    if (!this.#way.isOver()) this.#way.frames.onFrame(fin, rsv1, opcode, payload)
  }

  onMessage(data: Buffer, isBinary: boolean, compressed: boolean): void {
    const { connection, route, audience } = this.#of
    if (audience.messages.hasSubscribers) {
      const [byteLength, wireLength] = [data.length, this.#wireLength]
      audience.messages.publish({ connection, route, direction: 'in', isBinary, byteLength, wireLength, data })
    }
    if (!this.#way.isOver()) this.#way.messages.onMessage(data, isBinary, compressed)
  }

  onPing(payload: Buffer): void {
    this.#way.messages.onPing(payload)
  }

  onPong(payload: Buffer): void {
    this.#way.messages.onPong(payload)
  }

  onClose(code: number, reason: Buffer): void {
    this.#way.messages.onClose(code, reason)
  }
}
