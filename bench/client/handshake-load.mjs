// Connections that open and close as the protocol has it, a number of them at any time. RFC 6455 §4, §7
import { CLOSE, frame } from '../../scripts/raw/frame.mjs'
import { Latencies } from './latencies.mjs'
import { within } from './patience.mjs'
import { RawSocket } from './raw-socket.mjs'

const CLOSE_FRAME = frame(CLOSE, Buffer.from([3, 232]))
/** The answer to it, which has its code. RFC 6455 §5.5.1 */
const CLOSE_ANSWER = Buffer.from([0x88, 2, 3, 232])

export class HandshakeLoad {
  #target
  #atATime

  static async open(target, { connections }) {
    const load = new HandshakeLoad()
    load.#target = target
    load.#atATime = connections
    await load.#visit()
    return load
  }

  /** @throws Error if a handshake goes another way */
  async run(seconds) {
    const latencies = new Latencies()
    const begin = performance.now()
    const deadline = begin + seconds * 1_000
    const visits = async () => {
      while (performance.now() < deadline) {
        const before = performance.now()
        await this.#visit()
        latencies.add(performance.now() - before)
      }
    }
    await within(
      seconds * 1_000,
      () => 'a connection did not end',
      (resolve, reject) => void Promise.all(Array.from({ length: this.#atATime }, visits)).then(resolve, reject),
    )
    return { messages: latencies.count, seconds: (performance.now() - begin) / 1_000, ...latencies.summary() }
  }

  close() {}

  /** From connecting until the server has ended the connection. */
  async #visit() {
    const socket = await RawSocket.open(this.#target)
    const answer = []
    socket.onBytes = (size, buffer) => void answer.push(Buffer.from(buffer.subarray(0, size)))
    socket.write(CLOSE_FRAME)
    const error = await new Promise((resolve) => {
      socket.onClose = resolve
    })
    if (error) throw error
    if (!Buffer.concat(answer).equals(CLOSE_ANSWER)) throw new Error('the close frame was not answered with another')
  }
}
