import { type Deflater, STEP_INPUT } from './extensions/deflater.ts'
import type { PermessageDeflate } from './extensions/permessage-deflate.ts'
import { deflateTurns } from './extensions/turns.ts'
import type { MessageData } from './payload.ts'
import { messageOpcode, toPayload } from './payload.ts'
import { FIN, frame, RSV1 } from './protocol/frame-writer.ts'

export interface PrepareOptions {
  /** Whether it goes out as binary. @defaultValue text for a string, binary for everything else */
  readonly binary?: boolean
  /** False for what should go out as it is on compressed connections, too. @defaultValue true */
  readonly compress?: boolean
}

/** A frame that is compressed, or will be in a few turns. */
class CompressedFrame {
  frame: Buffer | undefined = undefined
  #waiting: ((frame: Buffer) => void)[] = []

  whenDone(task: (frame: Buffer) => void): void {
    this.#waiting.push(task)
  }

  finish(bytes: Buffer): void {
    this.frame = bytes
    for (const task of this.#waiting) task(bytes)
    this.#waiting = []
  }
}

/** A message framed once, for any number of connections. Made by `prepare`. */
export class PreparedMessage {
  readonly opcode: number
  /** The whole frame, as it goes out. Not to be written to. */
  readonly frame: Buffer
  readonly payloadBytes: number
  /** May be compressed where that was agreed on. */
  readonly compress: boolean
  /** By what connections have agreed on. */
  #compressed: Map<string, CompressedFrame> | undefined = undefined

  constructor(opcode: number, payload: Buffer, compress: boolean) {
    this.opcode = opcode
    this.frame = frame(opcode, payload)
    this.payloadBytes = payload.length
    this.compress = compress
  }

  get payload(): Buffer {
    return this.frame.subarray(this.frame.length - this.payloadBytes)
  }

  /** Compressed once for all connections that have agreed on the same. RFC 7692 §7.2.1 */
  compressedFor(extension: PermessageDeflate): CompressedFrame {
    this.#compressed ??= new Map()
    const known = this.#compressed.get(extension.key)
    if (known !== undefined) return known
    const compressed = new CompressedFrame()
    this.#compressed.set(extension.key, compressed)
    this.#compress(extension, compressed)
    return compressed
  }

  #compress(extension: PermessageDeflate, compressed: CompressedFrame): void {
    const { payload } = this
    let deflater: Deflater | undefined
    const step = (): boolean => {
      if (deflater === undefined) {
        deflater = extension.takeDeflater()
        deflater.begin(payload)
      }
      const deflated = deflater.step()
      if (deflated === undefined) return false
      extension.giveDeflater(deflater)
      const isWorthwhile = deflated !== 'failed' && deflated.length < payload.length
      compressed.finish(isWorthwhile ? frame(this.opcode, deflated, FIN | RSV1) : this.frame)
      return true
    }
    if (payload.length > STEP_INPUT) deflateTurns.add(step)
    else step()
  }
}

/**
 * Frames a message once, to be sent to many connections: server frames are not masked, so the bytes are the same for
 * all. It is compressed once, too, for those that compress without context takeover. RFC 6455 §5.1
 *
 *     const news = prepare(JSON.stringify(event))
 *     for (const socket of app.ws.connections) socket.send(news)
 *
 * @throws TypeError for data that is no string, Buffer, ArrayBuffer or view of one
 */
export function prepare(data: MessageData, { binary, compress = true }: PrepareOptions = {}): PreparedMessage {
  const payload = toPayload(data, 'prepare')
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return new PreparedMessage(messageOpcode(payload, binary), bytes, compress)
}
