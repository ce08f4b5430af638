import type { MessageData } from './payload.ts'
import { messageOpcode, toPayload } from './payload.ts'
import { frame } from './protocol/frame-writer.ts'

/** A message framed once, for any number of connections. Made by `prepare`. */
export class PreparedMessage {
  readonly #frame: Buffer

  constructor(wireFrame: Buffer) {
    this.#frame = wireFrame
  }

  /** The whole frame, as it goes out. Not to be written to. */
  get frame(): Buffer {
    return this.#frame
  }
}

/**
 * Frames a message once, to be sent to many connections: server frames are not masked, so the bytes are the same for
 * all. RFC 6455 §5.1
 *
 *     const news = prepare(JSON.stringify(event))
 *     for (const socket of app.ws.connections) socket.send(news)
 *
 * @param options.binary whether it goes out as binary; by default a string is text and everything else binary
 * @throws TypeError for data that is no string, Buffer, ArrayBuffer or view of one
 */
export function prepare(data: MessageData, options: { readonly binary?: boolean } = {}): PreparedMessage {
  const payload = toPayload(data)
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return new PreparedMessage(frame(messageOpcode(payload, options.binary), bytes))
}
