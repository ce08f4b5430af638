import type { Duplex } from 'node:stream'
import type { Watched } from './audience.ts'
import { type Batch, Chunks, type FrameTarget, type Original, type Slot } from './chunks.ts'
import { isWatched } from './diagnostics.ts'
import { inNoContext } from './no-context.ts'
import { OutgoingTap } from './outgoing-tap.ts'
import { Receipts, type SendCallback } from './receipts.ts'

export interface OutboxOwner {
  /** Somebody began to look at all connections, or nobody does any more. */
  onLooked(): void
  /** The transport has taken more of what was added. */
  onSent(): void
  /** What is unsent may have changed: more was added, or less is left. */
  onUnsent(): void
}

/**
 * What is handed to the transport at once: so much that 1 MiB goes in one system call (0.85 of the CPU that parts of 128 KiB
 * take), and no more, so that a slow peer's progress is seen.
 */
const WRITE_BYTES = 1_310_720
/** From here on a turn's frames do not wait for its end. */
const FLUSH_BYTES = 65_536

export type { Slot } from './chunks.ts'

/** Those whose frames leave when the event loop's turn ends: one task for all, since a broadcast reaches thousands. */
let due: Outbox[] = []

/** Somebody looks at what passes through all connections; known anew when a turn begins, in which thousands may have a part. */
let isLookedAt = false

function beginTurn(): void {
  isLookedAt = isWatched()
  inNoContext(scheduleEnd)
}

const scheduleEnd = (): void => process.nextTick(endTurns)

function endTurns(): void {
  const ending = due
  due = []
  let at = 0
  try {
    while (at < ending.length) ending[at++].endTurn()
  } finally {
    if (at < ending.length) {
      due = [...ending.slice(at), ...due] // a transport threw, and no other has to do with that
      process.nextTick(endTurns)
    }
  }
}

/**
 * What a connection has to say: the frames of one turn gather here and leave in one write. Knows the transport's
 * writing side and nothing of the protocol's states.
 */
export class Outbox {
  readonly #transport: Duplex
  readonly #owner: OutboxOwner
  readonly #chunks: Chunks
  /** The chunks, or what stands before them while somebody looks. */
  #frames: FrameTarget
  #receipts: Receipts | undefined = undefined
  #written = 0
  /** Of what is written, as the chunks count. */
  #position = 0
  #inFlight = 0
  #inTurn = false
  #ending = false
  #highestUnsentBytes = 0

  constructor(transport: Duplex, owner: OutboxOwner, chunks: Chunks = new Chunks(transport)) {
    this.#transport = transport
    this.#owner = owner
    this.#chunks = chunks
    this.#frames = chunks
  }

  /** Bytes that the transport has not reported as written. */
  get unsentBytes(): number {
    return this.#chunks.added - this.#written
  }

  /** Most that they ever were. */
  get highestUnsentBytes(): number {
    return Math.max(this.#highestUnsentBytes, this.unsentBytes)
  }

  /** The same, and what the callbacks cost that wait for it. */
  get chargedBytes(): number {
    return this.unsentBytes + (this.#receipts === undefined ? 0 : this.#receipts.bytes)
  }

  /** Grows with every byte that the transport reports as written. */
  get writtenBytes(): number {
    return this.#written
  }

  /** Frames are told of. */
  get isTold(): boolean {
    return this.#frames !== this.#chunks
  }

  /** Nothing can go out now. */
  get isStuck(): boolean {
    return this.#chunks.isStuck
  }

  /** From here on frames are told of as those `of` a connection; or not any more. */
  tell(of: Watched | undefined, masked: boolean): void {
    this.#frames = of === undefined ? this.#chunks : new OutgoingTap(of, masked, this.#chunks)
  }

  addFrame(flags: number, opcode: number, payload: Buffer, original?: Original): void {
    if (!this.#inTurn) this.#scheduleTurn()
    this.#frames.addFrame(flags, opcode, payload, original)
    this.#flushMany()
  }

  addText(flags: number, opcode: number, text: string): void {
    if (!this.#inTurn) this.#scheduleTurn()
    this.#frames.addText(flags, opcode, text)
    this.#flushMany()
  }

  /** Bytes that are framed already. */
  addRaw(bytes: Buffer, original?: Original): void {
    if (!this.#inTurn) this.#scheduleTurn()
    this.#frames.addRaw(bytes, original)
    this.#flushMany()
  }

  /** Keeps a place for a frame that is not ready yet: everything that is added later follows it. */
  reserve(bytes: number): Slot {
    const slot = this.#chunks.reserve(bytes)
    this.#owner.onUnsent()
    return slot
  }

  fill(slot: Slot, bytes: Buffer, original?: Original): void {
    if (!this.#inTurn) this.#scheduleTurn()
    this.#frames.fill(slot, bytes, original)
    this.#flushMany()
  }

  /** Until `endTurn`, frames gather. Without it they gather until the event loop's turn ends. */
  beginTurn(): void {
    this.#inTurn = true
    isLookedAt = isWatched()
    if (isLookedAt !== this.isTold) this.#owner.onLooked()
  }

  endTurn(): void {
    this.#inTurn = false
    this.flush()
  }

  /** Called when everything added up to now is written, or cannot be any more. */
  onWritten(callback: SendCallback): void {
    this.#receipts ??= new Receipts()
    this.#receipts.add(this.#chunks.position, callback)
  }

  /** Ends the transport's writing side behind everything added up to now. */
  end(): void {
    this.#ending = true
    this.flush()
  }

  /** Writes what has gathered, as far as the transport takes it. */
  flush(): void {
    this.#chunks.closeRange()
    while (!this.#chunks.isEmpty && !this.isStuck && this.#transport.writable) {
      this.#write(this.#chunks.take(WRITE_BYTES))
    }
    if (this.#ending && this.#chunks.isEmpty && this.#transport.writable) this.#transport.end()
    this.#owner.onUnsent()
  }

  /** The transport is gone: nothing more is written, and whoever waits is told why. */
  drop(why: () => Error): void {
    this.#chunks.clear()
    this.#written = this.#chunks.added
    this.#receipts?.drop(why)
  }

  #scheduleTurn(): void {
    this.#inTurn = true
    if (due.length === 0) beginTurn()
    due.push(this)
    if (isLookedAt !== this.isTold) this.#owner.onLooked()
  }

  #flushMany(): void {
    if (this.unsentBytes - this.#inFlight >= FLUSH_BYTES && !this.isStuck) this.flush()
  }

  /** In one system call, where the transport can. */
  #write(batch: Batch): void {
    const { buffers } = batch
    const last = buffers.length - 1
    this.#inFlight += batch.bytes
    if (last > 0) this.#transport.cork()
    for (let at = 0; at < last; at++) this.#transport.write(buffers[at])
    this.#transport.write(buffers[last], (error) => this.#onWrite(batch, error))
    if (last > 0) this.#transport.uncork()
  }

  #onWrite({ bytes, positions }: Batch, error?: Error | null): void {
    if (error || this.#transport.destroyed) return // what was under way is lost, and `drop` tells everybody
    this.#highestUnsentBytes = this.highestUnsentBytes // from here on it is less: nowhere else is there a peak to see
    this.#inFlight -= bytes
    this.#written += bytes
    this.#position += positions
    this.#receipts?.settle(this.#position)
    this.flush()
    this.#owner.onSent()
  }
}
