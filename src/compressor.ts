import { type Deflater, STEP_INPUT } from './extensions/deflater.ts'
import type { PermessageDeflate } from './extensions/permessage-deflate.ts'
import { deflateTurns } from './extensions/turns.ts'
import type { Outbox, Slot } from './outbox.ts'
import type { PreparedMessage } from './prepared.ts'
import { FIN, frame, RSV1 } from './protocol/frame-writer.ts'

type Deflated = ReturnType<Deflater['step']>

/** A message whose place among the others is kept until it is compressed. */
interface Late {
  readonly opcode: number
  readonly payload: Buffer
  readonly slot: Slot
}

/**
 * Compresses messages on their way into the outbox: at once where one step is enough, else in steps, while the message's place
 * is kept. One after the other: later ones may refer to it, and each that is under way costs a state of 268 KB.
 */
export class Compressor {
  readonly #extension: PermessageDeflate
  /** An empty message has nothing to gain. */
  readonly #leastBytes: number
  readonly #outbox: Outbox
  /** Those that have a place; the first is under way. */
  readonly #late: Late[] = []
  #deflater: Deflater | undefined = undefined
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
    if (this.#late.length > 0 || payload.length > STEP_INPUT) {
      this.#late.push({ opcode, payload, slot: this.#outbox.reserve(payload.length) })
      if (this.#late.length === 1) deflateTurns.add(this.#step)
      return true
    }
    const deflater = this.#begin(payload)
    const deflated = deflater.step()
    this.#extension.giveDeflater(deflater)
    if (!this.#isWorthwhile(deflated, payload)) return false
    this.#outbox.addFrame(FIN | RSV1, opcode, deflated, { payload })
    return true
  }

  /** The same for a prepared message, which is compressed once for all connections that agreed on the same. */
  addPrepared(message: PreparedMessage): boolean {
    if (message.payloadBytes < this.#leastBytes) return false
    if (this.#extension.keepsContext) return this.add(message.opcode, message.payload)
    const compressed = message.compressedFor(this.#extension)
    if (compressed.frame !== undefined) this.#outbox.addRaw(compressed.frame, message)
    else {
      const slot = this.#outbox.reserve(message.payloadBytes)
      compressed.whenDone((bytes) => this.#outbox.fill(slot, bytes, message))
    }
    return true
  }

  /** The connection is gone. */
  stop(): void {
    this.#isStopped = true
    if (this.#late.length === 0) this.#extension.close()
  }

  /** One step's share: a part of a large message, or several small ones that waited behind it. */
  readonly #step = (): boolean => {
    if (this.#isStopped) return this.#abandon()
    for (let read = 0; read < STEP_INPUT && this.#late.length > 0; ) {
      const [{ payload }] = this.#late
      this.#deflater ??= this.#begin(payload)
      const deflated = this.#deflater.step()
      if (deflated !== undefined) this.#finish(deflated)
      read += Math.min(payload.length, STEP_INPUT)
    }
    return this.#late.length === 0
  }

  #begin(payload: Buffer): Deflater {
    const deflater = this.#extension.takeDeflater()
    deflater.begin(payload)
    return deflater
  }

  /** The first of those that have a place is done. */
  #finish(deflated: Deflated): void {
    const late = this.#late.shift() as Late // `#step` has seen it
    const { opcode, payload, slot } = late
    this.#release()
    const isWorthwhile = this.#isWorthwhile(deflated, payload)
    this.#outbox.fill(slot, isWorthwhile ? frame(opcode, deflated, FIN | RSV1) : frame(opcode, payload), late)
  }

  #abandon(): true {
    this.#deflater?.abort()
    this.#release()
    this.#extension.close()
    return true
  }

  #release(): void {
    if (this.#deflater !== undefined) this.#extension.giveDeflater(this.#deflater)
    this.#deflater = undefined
  }

  /** What became longer goes out as it was, unless later messages may refer to it. */
  #isWorthwhile(deflated: Deflated, payload: Buffer): deflated is Buffer {
    if (!Buffer.isBuffer(deflated)) return false
    return this.#extension.keepsContext || deflated.length < payload.length
  }
}
