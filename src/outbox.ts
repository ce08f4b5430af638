import type { Duplex } from 'node:stream'
import { headerLength, writeHeader } from './protocol/frame-writer.ts'
import { EMPTY, GrowingBuffer } from './protocol/growing-buffer.ts'
import { Receipts, type SendCallback } from './receipts.ts'
import { SLAB_BYTES, Slab } from './slab.ts'

export interface OutboxOwner {
  /** The transport has taken more of what was added. */
  onSent(): void
  /** What is unsent may have changed: more was added, or less is left. */
  onUnsent(): void
}

/** Up to this size a payload is copied behind its header, so that one turn's frames leave in one buffer. */
const COPY_UP_TO = 8_192
/** What is handed to the transport at once: small enough that a slow peer's progress is seen. */
const WRITE_BYTES = 131_072
/** From here on a turn's frames do not wait for its end. */
const FLUSH_BYTES = 65_536

const slab = new Slab()

const endTurn = (outbox: Outbox): void => outbox.endTurn()

/**
 * What a connection has to say: the frames of one turn gather here and leave in one write. Knows the transport's
 * writing side and nothing of the protocol's states.
 */
export class Outbox {
  readonly #transport: Duplex
  readonly #owner: OutboxOwner
  #chunks: Buffer[] = []
  /** The part of a slab that this turn's small frames share; not yet a chunk. */
  #range: Buffer | undefined = undefined
  #rangeStart = 0
  #rangeEnd = 0
  /** The last chunk, while the transport is stuck: small frames go on to gather in it. */
  #tail: GrowingBuffer | undefined = undefined
  #accepted = 0
  #written = 0
  #inFlight = 0
  #inTurn = false
  #ending = false
  readonly #receipts = new Receipts()

  constructor(transport: Duplex, owner: OutboxOwner) {
    this.#transport = transport
    this.#owner = owner
  }

  /** Bytes that the transport has not reported as written. */
  get unsentBytes(): number {
    return this.#accepted - this.#written
  }

  /** Grows with every byte that the transport reports as written. */
  get writtenBytes(): number {
    return this.#written
  }

  /** Whether the transport has been given bytes that it could not pass on at once. */
  get isStuck(): boolean {
    return this.#transport.writableLength > 0
  }

  addFrame(flags: number, opcode: number, payload: Buffer): void {
    const length = payload.length
    if (length > COPY_UP_TO) {
      const start = this.#claim(headerLength(length))
      writeHeader(slab.bytes, flags, opcode, length, start)
      this.addRaw(payload)
      return
    }
    const header = headerLength(length)
    const start = this.#claim(header + length)
    writeHeader(slab.bytes, flags, opcode, length, start)
    slab.bytes.set(payload, start + header)
    this.#schedule()
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
    this.#schedule()
  }

  /** Bytes that are framed already. */
  addRaw(bytes: Buffer): void {
    this.#closeRange()
    this.#tail = undefined
    this.#chunks.push(bytes)
    this.#accepted += bytes.length
    this.#schedule()
  }

  /** Until `endTurn`, frames gather. Without it they gather until the event loop's turn ends. */
  beginTurn(): void {
    this.#inTurn = true
  }

  endTurn(): void {
    this.#inTurn = false
    this.flush()
  }

  /** Called when everything added up to now is written, or cannot be any more. */
  onWritten(callback: SendCallback): void {
    this.#receipts.add(this.#accepted, callback)
  }

  /** Ends the transport's writing side behind everything added up to now. */
  end(): void {
    this.#ending = true
    this.flush()
  }

  /** Writes what has gathered, as far as the transport takes it. */
  flush(): void {
    this.#closeRange()
    while (this.#chunks.length > 0 && !this.isStuck && this.#transport.writable) this.#writeSome()
    if (this.#ending && this.#chunks.length === 0 && this.#transport.writable) this.#transport.end()
    this.#owner.onUnsent()
  }

  /** The transport is gone: nothing more is written, and whoever waits is told why. */
  drop(error: Error): void {
    this.#chunks = []
    this.#range = undefined
    this.#tail = undefined
    this.#written = this.#accepted
    this.#receipts.drop(error)
  }

  /** Reserves room in the slab, next to this turn's earlier frames where it can. */
  #claim(size: number): number {
    const start = slab.claim(size)
    if (this.#range !== slab.bytes || this.#rangeEnd !== start) {
      this.#closeRange()
      this.#range = slab.bytes
      this.#rangeStart = start
    }
    this.#rangeEnd = start + size
    this.#accepted += size
    return start
  }

  #closeRange(): void {
    if (this.#range === undefined) return
    const bytes = this.#range.subarray(this.#rangeStart, this.#rangeEnd)
    this.#range = undefined // an idle connection keeps no slab alive
    if (this.isStuck) this.#gather(bytes)
    else this.#chunks.push(bytes)
  }

  /** What has to wait gets memory of its own: each view of a slab, however small, would keep all 64 KiB of it. */
  #gather(bytes: Buffer): void {
    if (this.#tail === undefined || this.#tail.length + bytes.length > SLAB_BYTES) {
      this.#tail = new GrowingBuffer(SLAB_BYTES)
      this.#chunks.push(EMPTY)
    }
    this.#tail.append(bytes, 0, bytes.length)
    this.#chunks[this.#chunks.length - 1] = this.#tail.take()
  }

  #schedule(): void {
    if (this.unsentBytes - this.#inFlight >= FLUSH_BYTES) this.flush()
    if (this.#inTurn) return
    this.#inTurn = true
    process.nextTick(endTurn, this)
  }

  #writeSome(): void {
    this.#tail = undefined
    const [first, second] = this.#chunks
    if (first.length > WRITE_BYTES) {
      this.#chunks[0] = first.subarray(WRITE_BYTES)
      this.#writeLast(first.subarray(0, WRITE_BYTES), WRITE_BYTES)
    } else if (second === undefined) {
      this.#chunks.pop()
      this.#writeLast(first, first.length)
    } else {
      this.#writeSeveral()
    }
  }

  /** As many whole chunks as fit into `WRITE_BYTES`, in one system call where the transport can. */
  #writeSeveral(): void {
    let size = this.#chunks[0].length
    let count = 1
    while (count < this.#chunks.length && size + this.#chunks[count].length <= WRITE_BYTES) {
      size += this.#chunks[count++].length
    }
    const batch = this.#chunks.splice(0, count)
    this.#transport.cork()
    for (let i = 0; i < count - 1; i++) this.#transport.write(batch[i])
    this.#writeLast(batch[count - 1], size)
    this.#transport.uncork()
  }

  #writeLast(chunk: Buffer, batchSize: number): void {
    this.#inFlight += batchSize
    this.#transport.write(chunk, (error) => this.#onWrite(batchSize, error))
  }

  #onWrite(size: number, error?: Error | null): void {
    if (error || this.#transport.destroyed) return // what was under way is lost, and `drop` tells everybody
    this.#inFlight -= size
    this.#written += size
    this.#receipts.settle(this.#written)
    this.flush()
    this.#owner.onSent()
  }
}
