// Counts whole messages in the bytes of a connection, by where each begins. Pings come between them, and are answered: some
// servers send them whenever a connection has had to wait for its turn.
import { frame, PONG } from '../../scripts/raw/frame.mjs'

const PING_FIRST = 0x89

export class ReplyCounter {
  #reply
  #answer
  /** Bytes of the message begun that have not come yet. */
  #left = 0
  /** The bytes of a ping begun. */
  #ping = []

  /** `reply` is how many bytes a message has, and its first one; `answer` is given the pongs to send. */
  constructor(reply, answer) {
    this.#reply = reply
    this.#answer = answer
  }

  get isWithin() {
    return this.#left > 0 || this.#ping.length > 0
  }

  /** Returns how many messages have become whole. @throws Error if anything else has come */
  push(size, buffer) {
    let count = 0
    for (let at = 0; at < size; ) {
      if (this.#left === 0 && (this.#ping.length > 0 || buffer[at] !== this.#reply.first)) {
        this.#pushPing(buffer[at++])
        continue
      }
      if (this.#left === 0) this.#left = this.#reply.bytes
      const part = Math.min(this.#left, size - at)
      this.#left -= part
      at += part
      if (this.#left === 0) count++
    }
    return count
  }

  /** RFC 6455 §5.5.2 */
  #pushPing(byte) {
    const bytes = this.#ping.push(byte)
    if (this.#ping[0] !== PING_FIRST) throw new Error(`a frame came that begins with ${byte}`)
    if (bytes < 2 || bytes < 2 + this.#ping[1]) return
    this.#answer(frame(PONG, Buffer.from(this.#ping.slice(2))))
    this.#ping = []
  }
}
