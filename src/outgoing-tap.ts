import type { Watched } from './audience.ts'
import type { FrameTarget, Original, Slot } from './chunks.ts'
import { FIN, headerLength, RSV1 } from './protocol/frame-writer.ts'
import { isControl, Opcode } from './protocol/opcode.ts'

/** Stands in the way of frames that go out, and tells of them; there only while somebody looks. */
export class OutgoingTap implements FrameTarget {
  readonly #of: Watched
  readonly #masked: boolean
  readonly #next: FrameTarget
  /** Of a message in parts, so far; undefined for one that was begun before. */
  #sentBytes: number | undefined = undefined
  #isBinary = false

  constructor(of: Watched, masked: boolean, next: FrameTarget) {
    this.#of = of
    this.#masked = masked
    this.#next = next
  }

  addFrame(flags: number, opcode: number, payload: Buffer, original?: Original): void {
    this.#tell(flags | opcode, payload, original)
    this.#next.addFrame(flags, opcode, payload, original)
  }

  addText(flags: number, opcode: number, text: string): void {
    this.addFrame(flags, opcode, Buffer.from(text))
  }

  addRaw(bytes: Buffer, original?: Original): void {
    this.#tellFramed(bytes, original)
    this.#next.addRaw(bytes, original)
  }

  fill(slot: Slot, bytes: Buffer, original?: Original): void {
    this.#tellFramed(bytes, original)
    this.#next.fill(slot, bytes, original)
  }

  /** A whole unmasked frame. The code of its length is known by its size. RFC 6455 §5.2 */
  #tellFramed(bytes: Buffer, original: Original | undefined): void {
    const code = bytes[1] & 0x7f
    const header = headerLength(code < 126 ? code : code === 126 ? 126 : 65_536)
    this.#tell(bytes[0], bytes.subarray(header), original)
  }

  #tell(first: number, payload: Buffer, original: Original | undefined): void {
    const opcode = first & 0x0f
    const fin = (first & FIN) !== 0
    const rsv1 = (first & RSV1) !== 0
    const { connection, route, audience } = this.#of
    if (audience.frames.hasSubscribers) {
      const shape = { fin, rsv1, opcode, masked: this.#masked, payloadLength: payload.length, payload }
      audience.frames.publish({ connection, route, direction: 'out', ...shape })
    }
    if (!isControl(opcode)) this.#tellMessage(opcode, fin, payload, rsv1 ? original?.payload : payload)
  }

  /** `whole` is what the message's frame carries, as the application gave it. */
  #tellMessage(opcode: number, fin: boolean, payload: Buffer, whole: Buffer | undefined): void {
    const isFirst = opcode !== Opcode.Continuation
    if (isFirst) this.#isBinary = opcode === Opcode.Binary
    const before = isFirst ? 0 : this.#sentBytes
    if (before === undefined) return // nobody saw its beginning
    const wireLength = before + payload.length
    this.#sentBytes = wireLength
    const { connection, route, audience } = this.#of
    if (!fin || !audience.messages.hasSubscribers) return
    const data = isFirst ? whole : undefined
    const byteLength = data === undefined ? wireLength : data.length
    audience.messages.publish({
      connection,
      route,
      direction: 'out',
      isBinary: this.#isBinary,
      byteLength,
      wireLength,
      data,
    })
  }
}
