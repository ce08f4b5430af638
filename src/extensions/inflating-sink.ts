import { isUtf8 } from 'node:buffer'
import { ProtocolError } from '../protocol/errors.ts'
import type { MessageSink } from '../protocol/message-assembler.ts'
import type { Inflater } from './inflater.ts'
import type { PermessageDeflate } from './permessage-deflate.ts'
import { Share } from './share.ts'

/** What a connection may inflate in one turn of the event loop, by and large. Then the others have theirs. */
const TURN_BYTES = 1_048_576
/** A byte that comes in may take as long as so many that come out: empty blocks make nothing, at 0.13 us a byte. */
const COST_OF_INPUT = 32
/** All connections together: 200 of them, each with its own share, would be a turn of a third of a second. */
const share = new Share(4_194_304)

/** What reads for an inflating sink. Implemented by `Intake`. */
export interface HeldReader {
  /** Nothing more is to come in before the next turn, which begins with `task`. That may throw a `ProtocolError`. */
  waitTurn(task: () => void): void
}

/**
 * Between the assembler and who takes the messages: those that come compressed are inflated. What takes longer than one
 * turn holds everything behind it, so that the order stays. RFC 7692 §7.2.2
 */
export class InflatingSink implements MessageSink {
  #next: MessageSink
  readonly #reader: HeldReader
  readonly #extension: PermessageDeflate
  readonly #maxMessageBytes: number
  /** A message that waits for its first step: it has no state before that. */
  #waiting: Buffer | undefined = undefined
  /** What is being inflated. */
  #inflater: Inflater | undefined = undefined
  #isBinary = false
  /** What this turn has cost, in bytes made. */
  #turnBytes = 0

  constructor(next: MessageSink, reader: HeldReader, extension: PermessageDeflate, maxMessageBytes: number) {
    this.#next = next
    this.#reader = reader
    this.#extension = extension
    this.#maxMessageBytes = maxMessageBytes
  }

  /** What is held of a message that is not whole. */
  get heldBytes(): number {
    return (this.#waiting === undefined ? 0 : this.#waiting.length) + (this.#inflater?.heldBytes ?? 0)
  }

  /** From here on `next` is given the messages. It may be changed at any time. */
  redirect(next: MessageSink): void {
    this.#next = next
  }

  onMessage(data: Buffer, isBinary: boolean, compressed: boolean): void {
    if (!compressed) {
      this.#next.onMessage(data, isBinary, false)
      return
    }
    this.#isBinary = isBinary
    this.#waiting = data
    this.#spend(COST_OF_INPUT * data.length)
    if (share.isSpent) this.#reader.waitTurn(this.#nextTurn)
    else this.#step()
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
    this.#waiting = undefined
    this.#inflater?.abort()
    this.#giveBack()
  }

  #step(): void {
    this.#begin()
    const message = this.#advance()
    this.#spend(message === undefined ? TURN_BYTES : message.length)
    if (this.#turnBytes >= TURN_BYTES) this.#reader.waitTurn(this.#nextTurn)
    if (message === undefined) return
    if (!this.#isBinary && !isUtf8(message)) throw new ProtocolError('WS_BAD_UTF8')
    this.#next.onMessage(message, this.#isBinary, false)
  }

  #begin(): void {
    if (this.#waiting === undefined) return
    this.#inflater = this.#extension.takeInflater()
    this.#inflater.begin(this.#waiting, this.#maxMessageBytes)
    this.#waiting = undefined
  }

  #spend(bytes: number): void {
    this.#turnBytes += bytes
    share.spend(bytes)
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

  readonly #nextTurn = (): void => {
    this.#turnBytes = 0
    if (this.#waiting !== undefined || this.#inflater !== undefined) this.#step()
  }

  #giveBack(): void {
    if (this.#inflater !== undefined) this.#extension.giveInflater(this.#inflater)
    this.#inflater = undefined
  }
}
