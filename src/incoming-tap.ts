import { FRAMES, MESSAGES } from './diagnostics.ts'
import type { OfConnection } from './diagnostics-events.ts'
import type { FrameSink } from './protocol/frame-parser.ts'
import type { MessageSink } from './protocol/message-assembler.ts'
import { isControl, Opcode } from './protocol/opcode.ts'

/**
 * Stands in the way of frames and messages that come in, and tells of them; there only while somebody looks. What frames are of and
 * what messages become is the next one's affair.
 */
export class IncomingTap implements FrameSink, MessageSink {
  readonly #of: OfConnection
  readonly #masked: boolean
  readonly #frames: FrameSink
  readonly #messages: MessageSink
  /** Of the message under way, so far. */
  #wireLength = 0

  constructor(of: OfConnection, masked: boolean, frames: FrameSink, messages: MessageSink) {
    this.#of = of
    this.#masked = masked
    this.#frames = frames
    this.#messages = messages
  }

  onHeader(fin: boolean, rsv1: boolean, opcode: number, payloadLength: number): void {
    this.#frames.onHeader(fin, rsv1, opcode, payloadLength)
  }

  onPayload(part: Buffer): void {
    this.#frames.onPayload(part)
  }

  onFrame(fin: boolean, rsv1: boolean, opcode: number, payload: Buffer): void {
    const payloadLength = payload.length
    if (opcode === Opcode.Continuation) this.#wireLength += payloadLength
    else if (!isControl(opcode)) this.#wireLength = payloadLength
    if (FRAMES.hasSubscribers) {
      const { connection, route } = this.#of
      const masked = this.#masked
      FRAMES.publish({ connection, route, direction: 'in', fin, rsv1, opcode, masked, payloadLength, payload })
    }
    this.#frames.onFrame(fin, rsv1, opcode, payload)
  }

  onMessage(data: Buffer, isBinary: boolean, compressed: boolean): void {
    if (MESSAGES.hasSubscribers) {
      const { connection, route } = this.#of
      const [byteLength, wireLength] = [data.length, this.#wireLength]
      MESSAGES.publish({ connection, route, direction: 'in', isBinary, byteLength, wireLength, data })
    }
    this.#messages.onMessage(data, isBinary, compressed)
  }

  onPing(payload: Buffer): void {
    this.#messages.onPing(payload)
  }

  onPong(payload: Buffer): void {
    this.#messages.onPong(payload)
  }

  onClose(code: number, reason: Buffer): void {
    this.#messages.onClose(code, reason)
  }
}
