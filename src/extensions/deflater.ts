import { constants } from 'node:zlib'
import { Scratch } from './scratch.ts'
import { deflateHandle, type ZlibHandle } from './zlib-handle.ts'

const { Z_NO_FLUSH, Z_SYNC_FLUSH } = constants

/** What one step may read: 2.5 ms of JSON at level 6. */
export const STEP_INPUT = 65_536
/** What a flush ends with, and the sender cuts off. RFC 7692 §7.2.1 */
const TAIL = 0x0000ffff
const TAIL_BYTES = 4
const FAILED = -1
/** An empty message: one empty block, without its tail. RFC 7692 §7.2.3.6 */
const EMPTY_DEFLATED = Buffer.from([0x00])

export interface DeflaterOptions {
  /** 1 to 9. */
  readonly level: number
  /** 9 to 15. */
  readonly windowBits: number
  /** Messages refer to those before them. */
  readonly keepsContext: boolean
}

const scratch = new Scratch()

/** Deflates one message after the other, each in as many steps as it takes: no step reads more than its share. RFC 7692 §7.2.1 */
export class Deflater {
  readonly #handle: ZlibHandle
  readonly #keepsContext: boolean
  #data: Buffer = EMPTY_DEFLATED
  #at = 0
  #parts: Buffer[] = []

  constructor({ level, windowBits, keepsContext }: DeflaterOptions) {
    this.#handle = deflateHandle({ level, windowBits })
    this.#keepsContext = keepsContext
  }

  /** A message, whose steps follow. */
  begin(data: Buffer): void {
    this.#data = data
    this.#at = 0
  }

  /**
   * Goes on with the message. Returns it when it is whole, and before that undefined; 'failed' where zlib could not (it found
   * no memory, say), and the message is to go out as it is.
   */
  step(): Buffer | 'failed' | undefined {
    if (this.#data.length === 0) return EMPTY_DEFLATED
    const end = Math.min(this.#data.length, this.#at + STEP_INPUT)
    const isLast = end === this.#data.length
    const made = this.#write(isLast ? Z_SYNC_FLUSH : Z_NO_FLUSH, end)
    this.#at = end
    if (made === FAILED || (isLast && scratch.bytes.readUInt32BE(made - TAIL_BYTES) !== TAIL)) {
      this.abort()
      return 'failed'
    }
    if (!isLast) {
      this.#parts.push(scratch.take(made))
      return undefined
    }
    this.#parts.push(scratch.take(made - TAIL_BYTES))
    const message = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)
    this.#release(this.#keepsContext)
    return message
  }

  /** The message under way will not be needed. */
  abort(): void {
    this.#release(false)
  }

  close(): void {
    this.#handle.close()
  }

  /** Works on the message up to `end`. Returns how much of the scratch it has filled, or `FAILED`. */
  #write(flush: number, end: number): number {
    let used = 0
    for (let at = this.#at; ; scratch.grow(used, Infinity)) {
      const room = scratch.bytes.length
      if (!this.#handle.write(flush, this.#data, at, end, scratch.bytes, used, room)) {
        return FAILED
      }
      used = room - this.#handle.outputLeft
      at = end - this.#handle.inputLeft
      if (used < room) return used
    }
  }

  #release(keepsContext: boolean): void {
    if (!keepsContext) this.#handle.reset()
    this.#data = EMPTY_DEFLATED
    this.#parts = []
  }
}
