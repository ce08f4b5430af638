import { constants } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { ConnectionSettings } from './options.ts'
import { ProtocolError } from './protocol/errors.ts'
import { FrameParser } from './protocol/frame-parser.ts'
import { MessageAssembler, type MessageSink } from './protocol/message-assembler.ts'

/** What takes what comes in. Implemented by `Wire`. */
export interface IntakeOwner extends MessageSink {
  /** So many bytes have come, and are read next. */
  onBytes(count: number): void
  /** The peer broke the protocol, or a limit. */
  onFault(error: ProtocolError): void
  /** All is done that those bytes caused: whether to read on may be decided. */
  onRead(): void
  /** The peer has ended its side, and all that came before was read. */
  onEnd(): void
}

/**
 * The transport's reading side, and the way from bytes to messages. Goes on and stops as is wanted, between two frames of
 * a chunk, too. The only place that catches a `ProtocolError`.
 */
export class Intake {
  /** Whether more is wanted. */
  isReading = true
  readonly #transport: Duplex
  readonly #owner: IntakeOwner
  readonly #assembler: MessageAssembler
  readonly #parser: FrameParser
  /** The part of a chunk that was not taken. */
  #rest: Buffer | undefined = undefined
  #hasEnded = false

  constructor(transport: Duplex, settings: ConnectionSettings, owner: IntakeOwner) {
    this.#transport = transport
    this.#owner = owner
    // A text longer than a string can be could not be handed over.
    const maxMessageBytes = Math.min(settings.maxMessageBytes, constants.MAX_STRING_LENGTH)
    this.#assembler = new MessageAssembler(owner, { maxMessageBytes, maxFragments: settings.maxFragments })
    this.#parser = new FrameParser(this.#assembler, { rsv1Allowed: false })
  }

  /** A message was begun and has not ended. */
  get isInMessage(): boolean {
    return !this.#parser.isIdle || !this.#assembler.isIdle
  }

  /** How many messages were complete so far. */
  get messages(): number {
    return this.#assembler.messages
  }

  /** What there is of a message that was begun. */
  get unfinishedBytes(): number {
    return this.#parser.unfinishedBytes + this.#assembler.unfinishedBytes
  }

  /** Bytes that were read, and are no message yet. */
  get heldBytes(): number {
    return this.unfinishedBytes + (this.#rest === undefined ? 0 : this.#rest.length)
  }

  /** Begins, `head` first. */
  start(head: Buffer): void {
    this.#transport.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#transport.on('end', () => {
      this.#hasEnded = true
      if (this.#rest === undefined) this.#owner.onEnd()
    })
    if (head.length > 0) this.#receive(head)
    if (this.isReading && this.#rest === undefined) this.#transport.resume()
  }

  /** From here on `reading` is wanted. */
  follow(reading: boolean): void {
    // A stream may have been resumed behind our back: Node does so when its last 'readable' listener goes.
    const isAsWanted = this.#transport.isPaused() !== (reading && this.#rest === undefined)
    if (reading === this.isReading && isAsWanted) return
    this.isReading = reading
    if (reading && this.#rest === undefined) this.#transport.resume()
    else this.#transport.pause()
    if (reading && this.#rest !== undefined) process.nextTick(() => this.#takeRest())
  }

  /** Called from inside of a message: it is the last for now. One chunk can hold ten thousand. */
  hold(): void {
    this.#parser.hold()
  }

  /** What still comes is read and thrown away: unread, it would turn our FIN into RST. */
  stop(): void {
    this.#parser.stop()
    this.#assembler.stop()
    this.#rest = undefined
  }

  #receive(chunk: Buffer): void {
    if (this.#rest !== undefined) {
      this.#rest = Buffer.concat([this.#rest, chunk]) // a stream may be resumed behind our back, as above
      this.#transport.pause()
      return
    }
    this.#owner.onBytes(chunk.length)
    try {
      const taken = this.#parser.push(chunk)
      if (taken < chunk.length) this.#rest = chunk.subarray(taken)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#owner.onFault(error)
    }
    this.#owner.onRead()
  }

  /** What lay behind the message that stopped us comes before anything new. */
  #takeRest(): void {
    const rest = this.#rest
    if (rest === undefined) return
    this.#rest = undefined
    this.#receive(rest)
    if (this.#hasEnded && this.#rest === undefined) this.#owner.onEnd()
    if (this.isReading && this.#rest === undefined) this.#transport.resume()
  }
}
