import { constants } from 'node:zlib'
import { ProtocolError } from '../protocol/errors.ts'
import { EMPTY } from '../protocol/growing-buffer.ts'
import { Scratch } from './scratch.ts'
import { inflateHandle, type ZlibHandle } from './zlib-handle.ts'

const { Z_SYNC_FLUSH, Z_BLOCK } = constants

/** What one step may read: bytes that produce nothing (empty blocks) take 0.13 us each. */
const STEP_INPUT = 32_768
/** What one step may make, the last one's end aside. */
const STEP_OUTPUT = 1_048_576
/** How many streams may end in one step; each end takes 2 us. */
const STEP_ENDS = 1_000

/** What a sender has cut off. RFC 7692 §7.2.1 */
const TAIL = [0x00, 0x00, 0xff, 0xff]
/** Behind the tail, an empty final block and one byte more: that byte alone is left just when the message ended on a block's end. */
const PROBE = Buffer.from([...TAIL, 0x01, 0x00, 0x00, 0xff, 0xff, 0x00])
/** The same for a stream that must not end here. Z_BLOCK stops in front of the next block's header, which the last byte is. */
const OPEN_PROBE = Buffer.from([...TAIL, 0x00])

const scratch = new Scratch()

/**
 * Inflates one message after the other, each in as many steps as it takes: no step reads, or makes, more than its share. Output
 * stops one byte past `maxBytes`, before memory is spent. RFC 7692 §7.2.2
 */
export class Inflater {
  readonly #handle: ZlibHandle = inflateHandle()
  readonly #keepsContext: boolean
  #data: Buffer = EMPTY
  #at = 0
  #maxBytes = 0
  /** What earlier steps have made. */
  #parts: Buffer[] = []
  #partBytes = 0
  /** How much of the scratch this step has filled. */
  #used = 0
  /** A final block has ended the stream: nothing that comes later refers to what was before. RFC 7692 §7.2.3.4 */
  #hasEnded = false

  /** @param keepsContext messages may refer to those before them */
  constructor(keepsContext: boolean) {
    this.#keepsContext = keepsContext
  }

  /** What is held of the message under way. */
  get heldBytes(): number {
    return this.#data.length + this.#partBytes
  }

  /** A message, whose steps follow. */
  begin(data: Buffer, maxBytes: number): void {
    this.#data = data
    this.#at = 0
    this.#maxBytes = maxBytes
    this.#hasEnded = false
  }

  /** Goes on with the message. Returns it when it is whole, else undefined. @throws ProtocolError */
  step(): Buffer | undefined {
    if (this.#data.length === 0) return EMPTY
    this.#used = 0
    try {
      if (!this.#advance()) {
        this.#setAside()
        return undefined
      }
      if (this.#keepsContext) this.#checkOpenEnd()
      else this.#checkEnd()
    } catch (error) {
      this.abort()
      throw error
    }
    this.#setAside()
    const message = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)
    this.#release(this.#keepsContext && !this.#hasEnded)
    return message
  }

  /** The message under way will not be needed. */
  abort(): void {
    this.#release(false)
  }

  close(): void {
    this.#handle.close()
  }

  /** Reads one step's share. Returns whether that was the last. */
  #advance(): boolean {
    const end = Math.min(this.#data.length, this.#at + STEP_INPUT)
    for (let ends = 0; ends < STEP_ENDS; ends++) {
      this.#at = end - this.#feed(Z_SYNC_FLUSH, this.#data, this.#at, end, STEP_OUTPUT)
      if (this.#used === STEP_OUTPUT) return false
      if (this.#at === end) return end === this.#data.length
      this.#handle.reset() // another stream begins at the next byte
    }
    return false
  }

  /** Puts back what the sender has cut off, and sees that it ended where a block does. RFC 7692 §7.2.2 */
  #checkEnd(): void {
    const left = this.#feed(Z_SYNC_FLUSH, PROBE, 0, PROBE.length, Infinity)
    if (left === PROBE.length) this.#hasEnded = true
    else if (left !== 1) throw new ProtocolError('WS_BAD_DEFLATE')
  }

  #checkOpenEnd(): void {
    const { length } = OPEN_PROBE
    let left = length
    for (let before = 0; left > 1 && left !== before; ) {
      before = left
      left = this.#feed(Z_BLOCK, OPEN_PROBE, length - left, length, Infinity)
    }
    if (left === length) this.#hasEnded = true
    else if (left !== 1) throw new ProtocolError('WS_BAD_DEFLATE')
    else this.#feed(Z_SYNC_FLUSH, OPEN_PROBE, length, length, Infinity) // bits that are left over are no block
  }

  /** Works on `input[from, end)`, until it is read, the stream ends, or `share` bytes are made. Returns how much is left. */
  #feed(flush: number, input: Buffer, from: number, end: number, share: number): number {
    const most = Math.min(share, this.#maxBytes + 1 - this.#partBytes)
    for (let at = from; ; scratch.grow(this.#used, most)) {
      const room = Math.min(scratch.bytes.length, most)
      if (!this.#handle.write(flush, input, at, end, scratch.bytes, this.#used, room)) {
        throw new ProtocolError('WS_BAD_DEFLATE')
      }
      this.#used = room - this.#handle.outputLeft
      at = end - this.#handle.inputLeft
      if (this.#partBytes + this.#used > this.#maxBytes) throw new ProtocolError('WS_TOO_BIG')
      if (this.#used < room || room === most) return end - at
    }
  }

  /** What is in the scratch is ours only until the next step. */
  #setAside(): void {
    this.#parts.push(scratch.take(this.#used))
    this.#partBytes += this.#used
  }

  #release(keepsContext: boolean): void {
    if (!keepsContext) this.#handle.reset()
    this.#data = EMPTY
    this.#parts = []
    this.#partBytes = 0
  }
}
