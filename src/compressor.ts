import type { Deflater } from './extensions/deflater.ts'
import type { PermessageDeflate } from './extensions/permessage-deflate.ts'
import { turns } from './extensions/turns.ts'
import type { Outbox, Slot } from './outbox.ts'
import type { PreparedMessage } from './prepared.ts'
import { FIN, frame, RSV1 } from './protocol/frame-writer.ts'

/** A message whose place among the others is kept until it is compressed. */
interface Late {
  readonly opcode: number
  readonly payload: Buffer
  readonly slot: Slot
}

/**
 * Compresses messages on their way into the outbox: at once where one turn is enough, else in steps, while the message's place
 * is kept.
 */
export class Compressor {
  readonly #extension: PermessageDeflate
  /** An empty message has nothing to gain. */
  readonly #leastBytes: number
  readonly #outbox: Outbox
  /** Those that wait for the one before them, since they may refer to it. */
  readonly #waiting: Late[] = []
  #isBusy = false
  #isStopped = false

  constructor(extension: PermessageDeflate, outbox: Outbox) {
    this.#extension = extension
    this.#outbox = outbox
    this.#leastBytes = Math.max(1, extension.thresholdBytes)
  }

  /** Adds a whole message. Returns false for one that is to go out as it is: it would not become shorter. */
  add(opcode: number, data: string | Buffer): boolean {
    if (Buffer.byteLength(data) < this.#leastBytes) return false
    const payload = typeof data === 'string' ? Buffer.from(data) : data
    if (this.#isBusy && this.#extension.keepsContext) {
      this.#waiting.push({ opcode, payload, slot: this.#outbox.reserve(payload.length) })
      return true
    }
    const deflater = this.#extension.takeDeflater()
    deflater.begin(payload)
    const deflated = deflater.step()
    if (deflated === undefined) {
      this.#goOn(deflater, { opcode, payload, slot: this.#outbox.reserve(payload.length) })
      return true
    }
    this.#extension.giveDeflater(deflater)
    if (!this.#isWorthwhile(deflated, payload)) return false
    this.#outbox.addFrame(FIN | RSV1, opcode, deflated)
    return true
  }

  /** The same for a prepared message, which is compressed once for all connections that agreed on the same. */
  addPrepared(message: PreparedMessage): boolean {
    const { opcode, payload } = message
    if (payload.length < this.#leastBytes) return false
    if (this.#extension.keepsContext) return this.add(opcode, payload)
    const compressed = message.compressedFor(this.#extension)
    if (compressed.frame !== undefined) this.#outbox.addRaw(compressed.frame)
    else {
      const slot = this.#outbox.reserve(payload.length)
      compressed.whenDone((bytes) => this.#outbox.fill(slot, bytes))
    }
    return true
  }

  /** The connection is gone. */
  stop(): void {
    this.#isStopped = true
    this.#waiting.length = 0
    if (!this.#isBusy) this.#extension.close()
  }

  #goOn(deflater: Deflater, late: Late): void {
    this.#isBusy = true
    turns.add(() => {
      if (this.#isStopped) {
        deflater.abort()
        this.#extension.giveDeflater(deflater)
        this.#extension.close()
        return true
      }
      const deflated = deflater.step()
      if (deflated === undefined) return false
      this.#extension.giveDeflater(deflater)
      this.#finish(late, deflated)
      return true
    })
  }

  #finish({ opcode, payload, slot }: Late, deflated: Buffer): void {
    const isWorthwhile = this.#isWorthwhile(deflated, payload)
    this.#outbox.fill(slot, frame(opcode, isWorthwhile ? deflated : payload, isWorthwhile ? FIN | RSV1 : FIN))
    const next = this.#waiting.shift()
    this.#isBusy = next !== undefined
    if (next === undefined) return
    const deflater = this.#extension.takeDeflater()
    deflater.begin(next.payload)
    this.#goOn(deflater, next)
  }

  /** What became longer goes out as it was, unless later messages may refer to it. */
  #isWorthwhile(deflated: Buffer, payload: Buffer): boolean {
    return this.#extension.keepsContext || deflated.length < payload.length
  }
}
