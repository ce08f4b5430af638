import { ownCopy } from './own-copy.ts'

/** What a waiting message is charged besides its payload, so that empty ones have an end too. */
const MESSAGE_COST = 160
/** Messages taken are let go of at the latest after so many. */
const COMPACT_AFTER = 256

export interface Waiting {
  readonly data: Buffer
  readonly isBinary: boolean
}

/** Messages that wait, in order, and what they cost. */
export class MessageQueue {
  #messages: Waiting[] = []
  /** Where the oldest stands: taking the first of a long array would move all others. */
  #head = 0
  #bytes = 0

  get length(): number {
    return this.#messages.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  add(data: Buffer, isBinary: boolean): void {
    this.#messages.push({ data: detached(data), isBinary })
    this.#bytes += data.length + MESSAGE_COST
  }

  /** The oldest, of which there is one. */
  take(): Waiting {
    const message = this.#messages[this.#head++]
    this.#bytes -= message.data.length + MESSAGE_COST
    if (this.length === 0 || this.#head === COMPACT_AFTER) {
      this.#messages.splice(0, this.#head)
      this.#head = 0
    }
    return message
  }
}

/** A payload that waits is a view of the chunk it came in; a small one must not keep a large chunk alive. */
function detached(data: Buffer): Buffer {
  return data.buffer.byteLength > 2 * data.length + MESSAGE_COST ? ownCopy(data) : data
}
