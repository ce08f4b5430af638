// Connections that say nothing, but answer pings. RFC 6455 §5.5.3

import { frame, PING, PONG } from '../../scripts/raw/frame.mjs'
import { FrameReader } from '../../scripts/raw/frame-reader.mjs'
import { openAll } from './open-all.mjs'

export class IdleLoad {
  #sockets
  #pings = 0
  #fault

  static async open(target, workload) {
    const load = new IdleLoad()
    load.#sockets = await openAll(target, workload, (socket) => load.#listen(socket)) // the first pings come meanwhile
    return load
  }

  /** Fulfils with how many pings were answered meanwhile. @throws Error if anything else came, or a connection ended */
  async run(seconds) {
    const before = this.#pings
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    if (this.#fault !== undefined) throw this.#fault
    return { pings: this.#pings - before }
  }

  close() {
    for (const socket of this.#sockets) socket.destroy()
  }

  #listen(socket) {
    const reader = new FrameReader((opcode, payload) => {
      if (opcode !== PING) {
        this.#fault ??= new Error(`a frame of opcode ${opcode} came`)
        return
      }
      this.#pings++
      socket.write(frame(PONG, payload))
    })
    socket.onBytes = (size, buffer) => reader.push(Buffer.from(buffer.subarray(0, size)))
    socket.onClose = (error) => {
      this.#fault ??= error ?? new Error('the server ended a connection')
    }
  }
}
