import type { Duplex } from 'node:stream'
import { headerLength, writeHeader } from './protocol/frame-writer.ts'
import { EMPTY, GrowingBuffer } from './protocol/growing-buffer.ts'
import { SLAB_BYTES, Slab } from './slab.ts'

/** Up to this size a payload is copied behind its header, so that one turn's frames leave in one buffer. */
const COPY_UP_TO = 8_192

const slab = new Slab()

/** A place among the chunks for what is not there yet. */
export interface Slot {
  /** Stands for it in the list. No other chunk is empty. */
  readonly place: Buffer
  readonly bytes: number
  /** The end of the place, counted in bytes from the first ever added. */
  at: number
}

/** Frames, in order, that were not handed to the transport yet. */
export class Chunks {
  readonly #transport: Duplex
  /** Bytes added so far; a slot counts as what was reserved for it. */
  added = 0
  #list: Buffer[] = []
  /** The part of a slab that this turn's small frames share; not yet a chunk. */
  #range: Buffer | undefined = undefined
  #rangeStart = 0
  #rangeEnd = 0
  /** The last chunk, while the transport is stuck: small frames go on to gather in it. */
  #tail: GrowingBuffer | undefined = undefined
  #slots: Slot[] | undefined = undefined

  constructor(transport: Duplex) {
    this.#transport = transport
  }

  get isEmpty(): boolean {
    return this.#list.length === 0 && this.#range === undefined
  }

  addFrame(flags: number, opcode: number, payload: Buffer): void {
    const { length } = payload
    const header = headerLength(length)
    const isCopied = length <= COPY_UP_TO
    const start = this.#claim(isCopied ? header + length : header)
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
    const start = this.#claim(header + length)
    writeHeader(slab.bytes, flags, opcode, length, start)
    slab.bytes.write(text, start + header, length, 'utf8')
  }

  /** Bytes that are framed already. */
  addRaw(bytes: Buffer): void {
    this.closeRange()
    this.#tail = undefined
    this.#list.push(bytes)
    this.added += bytes.length
  }

  /** Keeps a place for a frame of about so many bytes: nothing behind it goes out before. */
  reserve(bytes: number): Slot {
    this.closeRange()
    this.#tail = undefined
    this.added += bytes
    const slot = { place: Buffer.alloc(0), bytes, at: this.added }
    this.#list.push(slot.place)
    this.#slots = [...(this.#slots ?? []), slot]
    return slot
  }

  /** Returns by how much everything from the slot's end on has moved, or undefined if there is no such place any more. */
  fill(slot: Slot, bytes: Buffer): number | undefined {
    const place = this.#list.indexOf(slot.place)
    if (place < 0) return undefined
    const more = bytes.length - slot.bytes
    this.#list[place] = bytes
    this.added += more
    this.#slots = this.#slots?.filter((other) => other !== slot)
    for (const other of this.#slots ?? []) if (other.at > slot.at) other.at += more
    return more
  }

  /** The turn's small frames are complete. Those that have to wait get memory of their own. */
  closeRange(): void {
    if (this.#range === undefined) return
    const bytes = this.#range.subarray(this.#rangeStart, this.#rangeEnd)
    this.#range = undefined // an idle connection keeps no slab alive
    if (this.#transport.writableLength > 0) this.#gather(bytes)
    else this.#list.push(bytes)
  }

  /**
   * The next `most` bytes, as far as they are there. A chunk is cut rather than left out: a header that went before its
   * payload would be a packet of its own.
   */
  take(most: number): Buffer[] {
    this.#tail = undefined
    let count = 0
    let size = 0
    for (; count < this.#list.length; count++) {
      const { length } = this.#list[count]
      if (length === 0 || size + length > most) break
      size += length
    }
    const batch = this.#list.splice(0, count)
    const next = this.#list[0]
    if (next !== undefined && next.length > 0 && size < most) {
      batch.push(next.subarray(0, most - size))
      this.#list[0] = next.subarray(most - size)
    }
    return batch
  }

  clear(): void {
    this.#list = []
    this.#range = undefined
    this.#tail = undefined
    this.#slots = undefined
  }

  /** Reserves room in the slab, next to this turn's earlier frames where it can. */
  #claim(size: number): number {
    const start = slab.claim(size)
    if (this.#range !== slab.bytes || this.#rangeEnd !== start) {
      this.closeRange()
      this.#range = slab.bytes
      this.#rangeStart = start
    }
    this.#rangeEnd = start + size
    this.added += size
    return start
  }

  /** A view of a slab, however small, would keep all 64 KiB of it. */
  #gather(bytes: Buffer): void {
    if (this.#tail === undefined || this.#tail.length + bytes.length > SLAB_BYTES) {
      this.#tail = new GrowingBuffer(SLAB_BYTES)
      this.#list.push(EMPTY)
    }
    this.#tail.append(bytes, 0, bytes.length)
    this.#list[this.#list.length - 1] = this.#tail.take()
  }
}
