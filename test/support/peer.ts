import { clientFrame, naiveMask, serverFrame } from '../protocol/wire.ts'
import type { End } from './pair.ts'

const NAMES: Record<number, string> = { 0: 'continuation', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' }

export interface Frame {
  readonly fin: boolean
  /** Compressed. RFC 7692 §6 */
  readonly rsv1: boolean
  readonly opcode: number
  readonly payload: Buffer
  /** What masked it; undefined for an unmasked frame. RFC 6455 §5.3 */
  readonly key?: Buffer | undefined
}

/** Frames from bytes, in any cut. Knows nothing of the code under test. RFC 6455 §5.2 */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0)

  read(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= 2) {
      const bytes = this.#bytes
      const code = bytes[1] & 0x7f
      const keyAt = code < 126 ? 2 : code === 126 ? 4 : 10
      const size = keyAt + (bytes[1] >= 0x80 ? 4 : 0)
      if (bytes.length < size) break
      const length = code < 126 ? code : code === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
      if (bytes.length < size + length) break
      this.#bytes = bytes.subarray(size + length)
      const [first] = bytes
      const key = size === keyAt ? undefined : bytes.subarray(keyAt, size)
      const sent = bytes.subarray(size, size + length)
      const payload = key === undefined ? sent : naiveMask(sent, key)
      frames.push({ fin: first >= 0x80, rsv1: (first & 0x40) !== 0, opcode: first & 0x0f, payload, key })
    }
    return frames
  }
}

/** A frame as one line: `text hello`, `text a...` for a part of a message, `close 1000 bye`. */
export function describe({ fin, opcode, payload }: Frame): string {
  const more = fin ? '' : '...'
  if (opcode === 8 && payload.length >= 2) {
    return `close ${payload.readUInt16BE(0)} ${payload.subarray(2).toString()}`.trim()
  }
  const isText = payload.every((byte) => byte >= 0x20 && byte < 0x7f)
  const content = payload.length > 64 ? `(${payload.length})` : isText ? payload.toString() : payload.toString('hex')
  return `${NAMES[opcode]} ${content}`.trim() + more
}

/** The other side of a connection, a client unless it `isServer`: sends frames, and keeps what it is told. */
export class Peer {
  readonly end: End
  /** Every frame received, as one line each. */
  readonly log: string[] = []
  readonly frames: Frame[] = []
  /** Answers pings, as every honest client does. */
  answersPings = true
  /** Answers a close frame. RFC 6455 §5.5.1 */
  answersClose = true
  /** Ends its side when we have. */
  endsToo = true
  /** A server ends the transport when both have closed. RFC 6455 §7.1.1 */
  endsFirst = true
  /** We have ended our side. */
  sawEnd = false
  readonly #isServer: boolean
  readonly #reader = new FrameReader()
  #hasClosed = false

  constructor(end: End, isServer = false) {
    this.end = end
    this.#isServer = isServer
    end.on('data', (chunk: Buffer) => this.#receive(chunk))
    end.on('error', () => undefined)
    end.on('end', () => {
      this.sawEnd = true
      if (this.endsToo) end.end()
    })
  }

  text(data: string, fin = true): void {
    this.send(1, data, fin)
  }

  binary(data: Buffer | string, fin = true): void {
    this.send(2, data, fin)
  }

  close(code?: number, reason = ''): void {
    this.#hasClosed = true
    const payload = Buffer.alloc(code === undefined ? 0 : 2)
    if (code !== undefined) payload.writeUInt16BE(code)
    this.send(8, Buffer.concat([payload, Buffer.from(reason)]))
  }

  send(opcode: number, payload: string | Buffer = '', fin = true): void {
    this.raw(this.frame(opcode, payload, fin))
  }

  /** Its bytes, as this side sends it. */
  frame(opcode: number, payload: string | Buffer, fin = true): Buffer {
    return (this.#isServer ? serverFrame : clientFrame)(opcode, payload, { fin })
  }

  raw(bytes: Buffer): void {
    if (this.end.writable) this.end.write(bytes)
  }

  /** FIN. */
  hangUp(): void {
    this.end.end()
  }

  #receive(chunk: Buffer): void {
    for (const frame of this.#reader.read(chunk)) {
      this.frames.push(frame)
      this.log.push(describe(frame))
      if (frame.opcode === 9 && this.answersPings) this.send(10, Buffer.from(frame.payload))
      if (frame.opcode === 8 && this.answersClose && !this.#hasClosed) {
        this.#hasClosed = true
        this.send(8, Buffer.from(frame.payload))
      }
      if (frame.opcode === 8 && this.#hasClosed && this.#isServer && this.endsFirst) this.end.end()
    }
  }
}
