import type { Duplex } from 'node:stream'
import { headerLength, writeHeader } from './protocol/frame-writer.ts'
import { EMPTY, GrowingBuffer } from './protocol/growing-buffer.ts'
import { SLAB_BYTES, Slab } from './slab.ts'

/** Up to this size a payload is copied behind its header, so that one turn's frames leave in one buffer. */
export const COPY_UP_TO = 8_192

export const slab: Slab = new Slab()

/** What a place costs besides what it will hold, so that many small ones have an end too. */
const SLOT_COST = 160
/** Chunks taken are let go of at the latest after so many. */
const COMPACT_AFTER = 256

/** The list of every connection that has nothing to send. */
const NONE: (Buffer | Slot)[] = []

/** A place among the chunks for what is not there yet. */
export class Slot {
  readonly reserved: number
  chunk: Buffer | undefined = undefined

  constructor(reserved: number) {
    this.reserved = reserved
  }
}

/** What a compressed frame was made of. */
export interface Original {
  readonly payload: Buffer
}

/** What takes frames, in the order in which they go out. `original` is for whoever looks; what goes out is the frame. */
export interface FrameTarget {
  addFrame(flags: number, opcode: number, payload: Buffer, original?: Original): void
  addText(flags: number, opcode: number, text: string): void
  addRaw(bytes: Buffer, original?: Original): void
  fill(slot: Slot, bytes: Buffer, original?: Original): void
}

/** What is handed to the transport at once. */
export interface Batch {
  readonly buffers: readonly Buffer[]
  readonly bytes: number
  /** By how much the position of what is written moves on. */
  readonly positions: number
}

/** Frames, in order, that were not handed to the transport yet. They go out as a server's do: unmasked. RFC 6455 §5.1 */
export class Chunks implements FrameTarget {
  readonly #transport: Duplex
  /** Bytes added so far; a slot counts as what was reserved for it, until it is filled. */
  added = 0
  /** The same, but a slot counts as what was reserved for ever: what was said of a position stays right. */
  position = 0
  #list = NONE
  /** Where the next chunk stands: taking the first of a long array would move all others. */
  #head = 0
  #isOver = false
  /** The part of a slab that this turn's small frames share; not yet a chunk. */
  #range: Buffer | undefined = undefined
  #rangeStart = 0
  #rangeEnd = 0
  /** The last chunk, while nothing can go out: small frames go on to gather in it. */
  #tail: GrowingBuffer | undefined = undefined

  constructor(transport: Duplex) {
    this.#transport = transport
  }

  get isEmpty(): boolean {
    return this.#head === this.#list.length && this.#range === undefined
  }

  /** Nothing can go out now: the transport has what it could not pass on at once, or what comes next is not there yet. */
  get isStuck(): boolean {
    return this.#transport.writableLength > 0 || this.#isBlocked
  }

  get #isBlocked(): boolean {
    const next = this.#list[this.#head]
    return next instanceof Slot && next.chunk === undefined
  }

  addFrame(flags: number, opcode: number, payload: Buffer): void {
    const { length } = payload
    const header = headerLength(length)
    const isCopied = length <= COPY_UP_TO
    const start = this.claim(isCopied ? header + length : header)
    writeHeader(slab.bytes, flags, opcode, length, start)
    if (isCopied) slab.bytes.set(payload, start + header)
    else this.addRaw(payload)
  }

  /** A text frame, encoded straight into place. */
  addText(flags: number, opcode: number, text: string): void {
    const length = Buffer.byteLength(text)
    if (length > COPY_UP_TO) {
      this.addFrame(flags, opcode, Buffer.from(text))
      return
    }
    const header = headerLength(length)
    const start = this.claim(header + length)
    writeHeader(slab.bytes, flags, opcode, length, start)
    slab.bytes.write(text, start + header, length, 'utf8')
  }

  /** Bytes that are framed already. */
  addRaw(bytes: Buffer): void {
    this.push(bytes, bytes.length)
  }

  /** Keeps a place for a frame of about so many bytes: nothing behind it goes out before. */
  reserve(bytes: number): Slot {
    const slot = new Slot(bytes + SLOT_COST)
    this.push(slot, slot.reserved)
    return slot
  }

  fill(slot: Slot, bytes: Buffer): void {
    if (this.#isOver) return
    slot.chunk = bytes
    this.added += bytes.length - slot.reserved
  }

  /** The turn's small frames are complete. Those that have to wait get memory of their own. */
  closeRange(): void {
    if (this.#range === undefined) return
    const bytes = this.#range.subarray(this.#rangeStart, this.#rangeEnd)
    this.#range = undefined // an idle connection keeps no slab alive
    if (this.isStuck) this.#gather(bytes)
    else this.#append(bytes)
  }

  /**
   * The next `most` bytes, as far as they are there. A chunk is cut rather than left out: a header that went before its
   * payload would be a packet of its own.
   */
  take(most: number): Batch {
    this.#tail = undefined
    const buffers: Buffer[] = []
    let bytes = 0
    let positions = 0
    while (bytes < most && this.#head < this.#list.length && !this.#isBlocked) {
      const entry = this.#list[this.#head]
      const chunk = entry instanceof Slot ? (entry.chunk ?? EMPTY) : entry
      const part = bytes + chunk.length <= most ? chunk : chunk.subarray(0, most - bytes)
      buffers.push(part)
      bytes += part.length
      if (part !== chunk) this.#leave(entry, chunk.subarray(part.length))
      else this.#head++
      if (!(entry instanceof Slot)) positions += part.length
      else if (part === chunk) positions += entry.reserved
    }
    this.#compact()
    const isJoined = buffers.length > 1 && bytes <= COPY_UP_TO
    return { buffers: isJoined ? [joined(buffers, bytes)] : buffers, bytes, positions }
  }

  /** Nothing more goes out. */
  clear(): void {
    this.#isOver = true
    this.#list = NONE
    this.#head = 0
    this.#range = undefined
    this.#tail = undefined
  }

  protected push(entry: Buffer | Slot, bytes: number): void {
    this.closeRange()
    this.#tail = undefined
    this.#append(entry)
    this.added += bytes
    this.position += bytes
  }

  /** The rest of a chunk that was cut. */
  #leave(entry: Buffer | Slot, rest: Buffer): void {
    if (entry instanceof Slot) entry.chunk = rest
    else this.#list[this.#head] = rest
  }

  #append(entry: Buffer | Slot): void {
    if (this.#list === NONE) this.#list = []
    this.#list.push(entry)
  }

  #compact(): void {
    if (this.#head === this.#list.length) this.#list = NONE
    else if (this.#head < COMPACT_AFTER) return
    else this.#list.splice(0, this.#head)
    this.#head = 0
  }

  /** Reserves room in the slab, next to this turn's earlier frames where it can. */
  protected claim(size: number): number {
    const start = slab.claim(size)
    if (this.#range !== slab.bytes || this.#rangeEnd !== start) {
      this.closeRange()
      this.#range = slab.bytes
      this.#rangeStart = start
    }
    this.#rangeEnd = start + size
    this.added += size
    this.position += size
    return start
  }

  /** A view of a slab, however small, would keep all 64 KiB of it. */
  #gather(bytes: Buffer): void {
    if (this.#tail === undefined || this.#tail.length + bytes.length > SLAB_BYTES) {
      this.#tail = new GrowingBuffer(SLAB_BYTES)
      this.#append(EMPTY)
    }
    this.#tail.append(bytes, 0, bytes.length)
    this.#list[this.#list.length - 1] = this.#tail.take()
  }
}

/** What was joined last, and of what. */
let whole: Buffer = EMPTY
let parts: readonly Buffer[] = []

/**
 * Several small buffers as one. In a loop over connections, message by message, all of them have the same ones to send, and
 * the joined one is the same, too: a delivery takes 0.09 of what it takes with `ws`, instead of 0.12 (`npm run bench`,
 * fan-out-pipelined).
 */
function joined(buffers: readonly Buffer[], bytes: number): Buffer {
  if (buffers.length === parts.length && buffers.every((buffer, at) => buffer === parts[at])) return whole
  parts = buffers
  whole = Buffer.allocUnsafeSlow(bytes) // a peer that takes nothing keeps it, and it alone
  let at = 0
  for (const buffer of buffers) at += buffer.copy(whole, at)
  return whole
}
