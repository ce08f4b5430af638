import { constants } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { Watched } from './audience.ts'
import type { ConnectionSettings } from './defaults.ts'
import { type HeldReader, InflatingSink } from './extensions/inflating-sink.ts'
import type { PermessageDeflate } from './extensions/permessage-deflate.ts'
import { turns } from './extensions/turns.ts'
import { IncomingTap } from './incoming-tap.ts'
import { ownCopy } from './own-copy.ts'
import { ProtocolError } from './protocol/errors.ts'
import { FrameParser } from './protocol/frame-parser.ts'
import { EMPTY } from './protocol/growing-buffer.ts'
import { MessageAssembler, type MessageSink } from './protocol/message-assembler.ts'
import { ReadingTurn } from './reading-turn.ts'
import type { Role } from './role.ts'
import { listen, type TransportListener, watch } from './transport-events.ts'

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
  /** The transport has closed. */
  onTransportClosed(): void
}

const NOTHING_FIRST = (): void => undefined

/**
 * The transport's reading side, and the way from bytes to messages. Goes on and stops as is wanted, between two frames of
 * a chunk, too. The only place that catches a `ProtocolError`.
 */
export class Intake implements HeldReader, TransportListener {
  /** Whether more is wanted. */
  isReading = true
  readonly #transport: Duplex
  readonly #owner: IntakeOwner
  readonly #assembler: MessageAssembler
  readonly #parser: FrameParser
  readonly #inflating: InflatingSink | undefined
  /** The part of a chunk that was not taken. */
  #rest: Buffer | undefined = undefined
  #hasEnded = false
  /** Our turn is over, and what comes must wait for the next. */
  #isWaiting = false
  #isStopped = false
  readonly #turn = new ReadingTurn()

  constructor(
    transport: Duplex,
    settings: ConnectionSettings,
    owner: IntakeOwner,
    role: Role,
    extension?: PermessageDeflate,
  ) {
    this.#transport = transport
    this.#owner = owner
    // A text longer than a string can be could not be handed over.
    const maxMessageBytes = Math.min(settings.maxMessageBytes, constants.MAX_STRING_LENGTH)
    this.#inflating = extension && new InflatingSink(owner, this, extension, maxMessageBytes)
    const sink = this.#inflating ?? owner
    this.#assembler = new MessageAssembler(sink, { maxMessageBytes, maxFragments: settings.maxFragments })
    this.#parser = new FrameParser(this.#assembler, {
      rsv1Allowed: extension !== undefined,
      masked: role.hearsMasked,
    })
  }

  /** Whether the peer is heard: more is wanted, and nothing that came waits for its turn. */
  get isListening(): boolean {
    return this.isReading && !this.#isWaiting
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
    const inflating = this.#inflating === undefined ? 0 : this.#inflating.heldBytes
    return this.unfinishedBytes + inflating + (this.#rest === undefined ? 0 : this.#rest.length)
  }

  /** From here on frames and messages are told of as those `of` a connection; or not any more. */
  tell(of: Watched | undefined, masked: boolean): void {
    const way = { frames: this.#assembler, messages: this.#owner, isOver: () => this.#isStopped }
    const tap = of && new IncomingTap(of, masked, way, this.#assembler.unfinishedBytes)
    this.#parser.redirect(tap ?? this.#assembler)
    const last = this.#inflating ?? this.#assembler
    last.redirect(tap ?? this.#owner)
  }

  /** From here on the transport's end is noticed. */
  watch(): void {
    watch(this.#transport, this)
  }

  /** Begins to read, `head` first. `isBufferShared` lets the transport read into the buffer of all, where it can. */
  start(head: Buffer, isBufferShared = false): void {
    listen(this.#transport, isBufferShared)
    if (head.length > 0) this.receive(head)
    if (this.#mayFlow(this.isReading)) this.#transport.resume()
  }

  /** From here on `reading` is wanted. */
  follow(reading: boolean): void {
    const mayFlow = this.#mayFlow(reading)
    // A stream may have been resumed behind our back: Node does so when its last 'readable' listener goes.
    const isAsWanted = this.#transport.isPaused() !== mayFlow
    if (reading === this.isReading && isAsWanted) return
    this.isReading = reading
    if (mayFlow) this.#transport.resume()
    else this.#transport.pause()
    if (reading && this.#rest !== undefined) process.nextTick(() => this.#goOn())
  }

  /** Called from inside of a message: it is the last for now. One chunk can hold ten thousand. */
  hold(): void {
    this.#parser.hold()
  }

  /** What still comes is read and thrown away: unread, it would turn our FIN into RST. */
  stop(): void {
    this.#parser.stop()
    this.#assembler.stop()
    this.#inflating?.stop()
    this.#rest = undefined
    this.#isStopped = true
    this.#isWaiting = false
  }

  /** Nothing more comes in before the next turn, which begins with `task`. What that throws is the peer's fault. */
  waitTurn(task: () => void): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#parser.hold()
    turns.add(() => {
      if (!this.#isStopped) this.#beginTurn(task)
      return true
    })
  }

  #beginTurn(task: () => void): void {
    this.#isWaiting = false
    this.#turn.begin()
    this.#owner.onBytes(0)
    try {
      task()
    } catch (error) {
      this.#fail(error)
    }
    this.#owner.onRead()
    this.#goOn()
  }

  // What the transport tells.

  receive(chunk: Buffer, isLent = false): void {
    this.#turn.beginIfOver()
    if (this.#isStopped) {
      this.#throwAway(chunk)
      return
    }
    if (this.#rest !== undefined || this.#isWaiting) {
      this.#rest = Buffer.concat([this.#rest ?? EMPTY, chunk]) // a stream may be resumed behind our back, as above
      this.#transport.pause()
      return
    }
    this.#owner.onBytes(chunk.length)
    this.#parse(chunk, isLent)
  }

  end(): void {
    this.#hasEnded = true
    this.#goOn()
  }

  close(): void {
    this.#owner.onTransportClosed()
  }

  #parse(chunk: Buffer, isLent = false): void {
    const before = this.#parser.frames
    let taken = chunk.length
    try {
      taken = this.#parser.push(chunk, isLent, this.#turn.frames)
      if (taken < chunk.length) this.#rest = isLent ? ownCopy(chunk.subarray(taken)) : chunk.subarray(taken)
    } catch (error) {
      this.#fail(error)
    }
    const isTurnOver = this.#turn.spend(taken, this.#parser.frames - before)
    if (isTurnOver && !this.#isStopped) this.waitTurn(NOTHING_FIRST)
    this.#owner.onRead()
  }

  /** Whoever goes on when it is too late has turns as everybody has. */
  #throwAway({ length }: Buffer): void {
    if (!this.#turn.spend(length, 0)) return
    this.#transport.pause()
    turns.add(() => {
      this.#turn.begin()
      this.#transport.resume()
      return true
    })
  }

  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error
    this.#owner.onFault(error)
  }

  /** What lay behind the message that stopped us comes before anything new, and the end behind everything. */
  #goOn(): void {
    if (this.#isWaiting) return
    const rest = this.#rest
    if (rest !== undefined && this.isReading) {
      this.#rest = undefined
      this.#owner.onBytes(0)
      this.#parse(rest)
    }
    if (this.#rest !== undefined || this.#isWaiting) return
    if (this.#hasEnded) this.#owner.onEnd()
    else if (this.isReading) this.#transport.resume()
  }

  #mayFlow(reading: boolean): boolean {
    return reading && this.#rest === undefined && !this.#isWaiting
  }
}
