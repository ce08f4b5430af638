import type { Duplex } from 'node:stream'
import { Compressor } from './compressor.ts'
import type { ConnectionSettings } from './defaults.ts'
import type { PermessageDeflate } from './extensions/permessage-deflate.ts'
import { Outbox, type OutboxOwner } from './outbox.ts'
import { ownCopy } from './own-copy.ts'
import type { PreparedMessage } from './prepared.ts'
import { FIN } from './protocol/frame-writer.ts'
import { Opcode } from './protocol/opcode.ts'
import type { SendCallback } from './receipts.ts'
import type { Role } from './role.ts'

/** What the sender asks of, and tells, the wire it belongs to. */
export interface SenderOwner {
  /** Whether anything but a close frame may go out. RFC 6455 §5.5.1 */
  readonly isOpen: boolean
  /** Why nothing may. */
  closedError(): Error
  /** More is unsent than may be. */
  onOverflow(): void
  /** More is unsent than `maxBufferedBytes`. */
  onCongested(): void
  /** A later ping came before an earlier one could be answered. */
  onPongReplaced(): void
  /** As the outbox tells. */
  onLooked(): void
  /** The congestion is over. */
  onDrained(): void
  /** What is unsent may have changed. */
  onUnsent(): void
}

/**
 * So much may be unsent before answers to pings replace one another: over TLS and HTTP/2 even what a peer takes at once has not gone out
 * before the next ping is read.
 */
const PONGS_BYTES = 1_024

type Held = readonly [message: PreparedMessage, callback: SendCallback | undefined]

/** Messages of ours on their way out, whole or in parts, and the bounds of what may be unsent. */
export class Sender implements OutboxOwner {
  readonly outbox: Outbox
  /** A fragmented message is under way. RFC 6455 §5.4 */
  isFragmenting = false
  /** Whole messages that were taken, to be sent. */
  messages = 0
  /** More was unsent than `maxBufferedBytes`, and half of it still is. */
  isCongested = false
  readonly #settings: ConnectionSettings
  readonly #owner: SenderOwner
  readonly #compressor: Compressor | undefined
  /** Prepared messages: they cannot go between the fragments of another, and follow it. */
  #held: Held[] | undefined = undefined
  #heldBytes = 0
  /** The newest ping that could not be answered yet. RFC 6455 §5.5.3 */
  #pongDue: Buffer | undefined = undefined
  #waiters: { resolve(): void; reject(error: Error): void }[] | undefined = undefined

  constructor(
    transport: Duplex,
    settings: ConnectionSettings,
    owner: SenderOwner,
    role: Role,
    extension?: PermessageDeflate,
  ) {
    this.outbox = new Outbox(transport, this, role.newChunks(transport))
    this.#settings = settings
    this.#owner = owner
    this.#compressor = extension && new Compressor(extension, this.outbox)
  }

  /** What was sent and is not written yet. */
  get unsentBytes(): number {
    return this.outbox.unsentBytes + this.#heldBytes
  }

  /** The same, and what the callbacks cost that wait for it. */
  get chargedBytes(): number {
    return this.outbox.chargedBytes + this.#heldBytes
  }

  /** A whole message. Returns false above the high-water mark, and when nothing can be sent any more. */
  message(opcode: number, data: string | Buffer, compress: boolean, callback: SendCallback | undefined): boolean {
    if (this.isFragmenting || !compress || this.#compressor === undefined)
      return this.part(opcode, data, true, callback)
    if (!this.#mayAdd(callback)) return false
    this.messages++
    if (!this.#compressor.add(opcode, data)) this.#addData(FIN, opcode, data)
    this.#added(callback)
    return !this.isCongested
  }

  /** A part of a message, the last one if `fin`. Parts are not compressed. Returns as `message` does. */
  part(opcode: number, data: string | Buffer, fin: boolean, callback: SendCallback | undefined): boolean {
    if (!this.#mayAdd(callback)) return false
    const frameOpcode = this.isFragmenting ? Opcode.Continuation : opcode
    this.isFragmenting = !fin
    this.messages += fin ? 1 : 0
    this.#addData(fin ? FIN : 0, frameOpcode, data)
    this.#added(callback)
    if (fin && this.#held !== undefined) this.#release(this.#held)
    return !this.isCongested
  }

  /**
   * A message that was framed before. One that is held returns true all the same: whoever waited until it is out would wait for
   * the end of the fragmented message, and that may be waiting, too.
   */
  prepared(message: PreparedMessage, callback: SendCallback | undefined): boolean {
    if (!this.#mayAdd(callback)) return false
    if (this.isFragmenting) {
      this.#held ??= []
      this.#held.push([message, callback])
      this.#heldBytes += message.frame.length
      this.#owner.onUnsent()
      return !this.isCongested
    }
    this.messages++
    const isCompressed = message.compress && this.#compressor?.addPrepared(message) === true
    if (!isCompressed) this.outbox.addRaw(message.frame)
    this.#added(callback)
    return !this.isCongested
  }

  /** A published message. Returns false, and takes nothing, while too much is unsent, or when nothing can be sent any more. */
  deliver(message: PreparedMessage): boolean {
    if (this.isCongested || !this.#owner.isOpen || this.chargedBytes > this.#settings.maxBufferedBytes) return false
    this.prepared(message, undefined)
    return true
  }

  control(opcode: number, payload: Buffer, callback?: SendCallback): void {
    if (!this.#mayAdd(callback)) return
    this.outbox.addFrame(FIN, opcode, payload)
    this.#added(callback)
  }

  /** Of the pings that come while the peer takes nothing, only the newest is answered, once some are. RFC 6455 §5.5.3 */
  answerPing(payload: Buffer): void {
    if (this.outbox.isStuck && this.outbox.unsentBytes >= PONGS_BYTES) {
      if (this.#pongDue !== undefined) this.#owner.onPongReplaced()
      this.#pongDue = ownCopy(payload)
    } else this.outbox.addFrame(FIN, Opcode.Pong, payload)
  }

  /** Fulfils when the congestion is over. */
  drained(): Promise<void> {
    if (!this.#owner.isOpen) return handled(Promise.reject(this.#owner.closedError()))
    if (!this.isCongested) return Promise.resolve()
    return handled(
      new Promise((resolve, reject) => {
        this.#waiters ??= []
        this.#waiters.push({ resolve, reject })
      }),
    )
  }

  /** The transport is gone, and whoever waits is told why. */
  drop(): void {
    this.#compressor?.stop()
    let error: Error | undefined // one for all who wait: half a million callbacks may
    const why = (): Error => (error ??= this.#owner.closedError())
    this.outbox.drop(why)
    this.dropHeld()
    for (const { reject } of this.#waiters ?? []) reject(why())
    this.#waiters = undefined
    this.isCongested = false
  }

  /** The fragmented message will not end: what waits for that cannot go out. */
  dropHeld(): void {
    if (this.#held === undefined) return
    const error = this.#owner.closedError()
    for (const [, callback] of this.#held) callback?.(error)
    this.#held = undefined
    this.#heldBytes = 0
  }

  onSent(): void {
    if (this.#pongDue !== undefined && !this.outbox.isStuck) {
      if (this.#owner.isOpen) this.outbox.addFrame(FIN, Opcode.Pong, this.#pongDue)
      this.#pongDue = undefined
    }
    if (!this.isCongested || this.outbox.chargedBytes > this.#settings.maxBufferedBytes / 2) return
    this.isCongested = false
    for (const { resolve } of this.#waiters ?? []) resolve()
    this.#waiters = undefined
    this.#owner.onDrained()
  }

  onUnsent(): void {
    this.#owner.onUnsent()
  }

  onLooked(): void {
    this.#owner.onLooked()
  }

  #release(held: Held[]): void {
    this.#held = undefined
    this.#heldBytes = 0
    for (const [message, callback] of held) this.prepared(message, callback)
  }

  #addData(flags: number, opcode: number, data: string | Buffer): void {
    if (typeof data === 'string') this.outbox.addText(flags, opcode, data)
    else this.outbox.addFrame(flags, opcode, data)
  }

  /** Whether anything may be added; if not, `callback` hears why. */
  #mayAdd(callback: SendCallback | undefined): boolean {
    if (this.unsentBytes > this.#settings.maxUnsentBytes) this.#owner.onOverflow()
    if (this.#owner.isOpen) return true
    if (callback !== undefined) process.nextTick(callback, this.#owner.closedError())
    return false
  }

  #added(callback: SendCallback | undefined): void {
    if (callback !== undefined) this.outbox.onWritten(callback)
    if (this.isCongested || this.outbox.chargedBytes <= this.#settings.maxBufferedBytes) return
    this.isCongested = true
    this.#owner.onCongested()
  }
}

/** Whoever awaits it hears of a rejection; whoever does not is not punished with an unhandled one. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined)
  return promise
}
