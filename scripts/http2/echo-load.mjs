// Messages that come back: so many are under way, and with every answer it is the next connection's turn.
import { BINARY, frame } from '../raw/frame.mjs'

const PAYLOAD = Buffer.alloc(64, 1)
const MESSAGE = frame(BINARY, PAYLOAD)
const ANSWER_BYTES = 2 + PAYLOAD.length

export class EchoLoad {
  #sockets
  #underWay
  #next = 0
  #toSend = 0
  #unanswered = 0
  #onDone

  constructor(sockets, underWay) {
    this.#sockets = sockets
    this.#underWay = underWay
  }

  /** Fulfils when so many messages have come back. */
  run(messages) {
    this.#toSend = messages
    this.#unanswered = messages
    for (const socket of this.#sockets) this.#listen(socket)
    const done = new Promise((resolve) => {
      this.#onDone = resolve
    })
    for (let at = 0; at < this.#underWay; at++) this.#send()
    return done
  }

  #listen(socket) {
    let bytes = 0
    socket.removeAllListeners('data').on('data', (chunk) => {
      bytes += chunk.length
      for (; bytes >= ANSWER_BYTES; bytes -= ANSWER_BYTES) {
        this.#unanswered--
        this.#send()
      }
      if (this.#unanswered === 0) this.#onDone()
    })
  }

  #send() {
    if (this.#toSend === 0) return
    this.#toSend--
    this.#sockets[this.#next].write(MESSAGE)
    this.#next = (this.#next + 1) % this.#sockets.length
  }
}
