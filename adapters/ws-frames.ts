import { type Connection, type PreparedMessage, prepare, type SendCallback } from '../src/adapter.ts'

/** A frame as `ws`'s `Sender.frame` makes it: the header, and behind it the payload if there is one. */
export type Frame = readonly (Buffer | string)[]

/** Socket.IO gives the same list to every socket of a broadcast. */
const prepared = new WeakMap<Frame, PreparedMessage>()

/** Of `ws`'s sender, what Socket.IO uses: it frames a broadcast once, and hands the frame to each socket. */
export class FrameSender {
  readonly #socket: Connection

  constructor(socket: Connection) {
    this.#socket = socket
  }

  /** @throws TypeError for what is no whole, plain message of a server's */
  sendFrame(frame: Frame, callback?: SendCallback): void {
    this.#socket.send(preparedOf(frame), callback)
  }
}

function preparedOf(frame: Frame): PreparedMessage {
  const known = prepared.get(frame)
  if (known !== undefined) return known
  const [header, payload = ''] = frame
  const isBinary = typeof header === 'object' && header[0] === 0x82
  if (typeof header === 'string' || !(isBinary || header[0] === 0x81) || header[1] > 127) {
    throw new TypeError('sendFrame() takes an unmasked frame that is a whole message, not compressed: write send(data)')
  }
  const message = prepare(payload, { binary: isBinary, compress: false })
  prepared.set(frame, message)
  return message
}
