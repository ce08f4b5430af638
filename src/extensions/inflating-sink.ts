import { isUtf8 } from 'node:buffer'
import { ProtocolError } from '../protocol/errors.ts'
import type { MessageSink } from '../protocol/message-assembler.ts'
import type { Inflater } from './inflater.ts'
import type { PermessageDeflate } from './permessage-deflate.ts'
import { turns } from './turns.ts'

/** What a connection may inflate in one turn of the event loop, by and large. Then the others have theirs. */
const TURN_BYTES = 1_048_576
/** A byte that comes in may take as long as so many that come out: empty blocks make nothing, at 0.13 us a byte. */
const COST_OF_INPUT = 32

/** What reads for an inflating sink. Implemented by `Intake`. */
export interface HeldReader {
  /** Nothing more is to come in, until `goOn`. */
  hold(): void
  /** Runs what may throw a `ProtocolError`, and goes on unless `hold` is called meanwhile. */
  goOn(task: () => void): void
}

/**
 * Between the assembler and who takes the messages: those that come compressed are inflated. What takes longer than one
 * turn holds everything behind it, so that the order stays. RFC 7692 §7.2.2
 */
export class InflatingSink implements MessageSink {
  readonly #next: MessageSink
  readonly #reader: HeldReader
  readonly #extension: PermessageDeflate
  readonly #maxMessageBytes: number
  /** What is being inflated. */
  #inflater: Inflater | undefined = undefined
  #isBinary = false
  /** What this turn has cost, in bytes made. */
  #turnBytes = 0
  #isWaiting = false
  #isStopped = false

  constructor(next: MessageSink, reader: HeldReader, extension: PermessageDeflate, maxMessageBytes: number) {
    this.#next = next
    this.#reader = reader
    this.#extension = extension
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Our turn is over, and what comes must wait for the next. */
  get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** What is held of a message that is not whole. */
  get heldBytes(): number {
    return this.#inflater === undefined ? 0 : this.#inflater.heldBytes
  }

  onMessage(data: Buffer, isBinary: boolean, compressed: boolean): void {
    if (!compressed) {
      this.#next.onMessage(data, isBinary, false)
      return
    }
    this.#isBinary = isBinary
    this.#inflater = this.#extension.takeInflater()
    this.#inflater.begin(data, this.#maxMessageBytes)
    this.#turnBytes += COST_OF_INPUT * data.length
    this.#step()
  }

  onPing(payload: Buffer): void {
    this.#next.onPing(payload)
  }

  onPong(payload: Buffer): void {
    this.#next.onPong(payload)
  }

  onClose(code: number, reason: Buffer): void {
    this.#next.onClose(code, reason)
  }

  /** Nothing that comes matters any more. */
  stop(): void {
    this.#isStopped = true
    this.#isWaiting = false
    this.#inflater?.abort()
    this.#giveBack()
  }

  #step(): void {
    const message = this.#advance()
    this.#turnBytes += message === undefined ? TURN_BYTES : message.length
    if (this.#turnBytes >= TURN_BYTES && !this.#isWaiting) this.#wait()
    if (message === undefined) return
    if (!this.#isBinary && !isUtf8(message)) throw new ProtocolError('WS_BAD_UTF8')
    this.#next.onMessage(message, this.#isBinary, false)
  }

  #advance(): Buffer | undefined {
    let message: Buffer | undefined
    try {
      message = this.#inflater?.step()
    } catch (error) {
      this.#giveBack()
      throw error
    }
    if (message !== undefined) this.#giveBack()
    return message
  }

  #wait(): void {
    this.#isWaiting = true
    this.#reader.hold()
    turns.add(() => {
      this.#goOn()
      return true
    })
  }

  #goOn(): void {
    if (this.#isStopped) return
    this.#turnBytes = 0
    this.#isWaiting = false
    this.#reader.goOn(() => {
      if (this.#inflater !== undefined) this.#step()
    })
  }

  #giveBack(): void {
    if (this.#inflater !== undefined) this.#extension.giveInflater(this.#inflater)
    this.#inflater = undefined
  }
}
