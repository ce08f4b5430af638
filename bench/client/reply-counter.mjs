// Counts whole messages in the bytes of a connection, by where each begins. Pings come between them, and are answered: some
// servers send them whenever a connection has had to wait for its turn.
import { frame, PONG } from '../../scripts/raw/frame.mjs'

const PING_FIRST = 0x89

export class ReplyCounter {
  #reply
  #answer
  /** Bytes of the message begun that have not come yet. */
  #left = 0
  /** The first bytes of what is no message of the size that all have: of a ping all, else the header. */
  #begun = []

  /**
   * `reply` is the first byte of each message, and how many it has; undefined where they differ, as compressed ones may.
   * `answer` is given the pongs to send.
   */
  constructor(reply, answer) {
    this.#reply = reply
    this.#answer = answer
  }

  get isWithin() {
    return this.#left > 0 || this.#begun.length > 0
  }

  /** Returns how many messages have become whole. @throws Error if anything else has come */
  push(size, buffer) {
    let count = 0
    for (let at = 0; at < size; ) {
      if (this.#left === 0) {
        const isAsAll = this.#begun.length === 0 && buffer[at] === this.#reply.first && this.#reply.bytes !== undefined
        if (isAsAll) this.#left = this.#reply.bytes
        else {
          this.#begin(buffer[at++])
          continue
        }
      }
      const part = Math.min(this.#left, size - at)
      this.#left -= part
      at += part
      if (this.#left === 0) count++
    }
    return count
  }

  #begin(byte) {
    const bytes = this.#begun.push(byte)
    const [first, code] = this.#begun
    if (first === PING_FIRST) this.#endPing()
    else if (first !== this.#reply.first) throw new Error(`a frame came that begins with ${byte}`)
    else if (bytes === headerBytes(code)) {
      this.#left = payloadBytes(this.#begun)
      this.#begun = []
    }
  }

  /** RFC 6455 §5.5.2 */
  #endPing() {
    const [, length] = this.#begun
    if (length === undefined || this.#begun.length < 2 + length) return
    this.#answer(frame(PONG, Buffer.from(this.#begun.slice(2))))
    this.#begun = []
  }
}

/** RFC 6455 §5.2 */
function headerBytes(code) {
  if (code === undefined) return Infinity
  return code < 126 ? 2 : code === 126 ? 4 : 10
}

function payloadBytes([, code, ...rest]) {
  return code < 126 ? code : rest.reduce((length, byte) => length * 256 + byte, 0)
}
