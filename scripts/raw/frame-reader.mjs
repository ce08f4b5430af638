// Server frames out of the bytes of a connection, however they were cut.

export class FrameReader {
  #chunks = []
  #size = 0
  #onFrame

  constructor(onFrame) {
    this.#onFrame = onFrame
  }

  push(chunk) {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    while (this.#next()) {}
  }

  /** @throws Error if the server has masked a frame. RFC 6455 §5.1 */
  #next() {
    const head = this.#peek(2)
    if (head === undefined) return false
    if (head[1] > 127) throw new Error('the server has masked a frame')
    const size = head[1] < 126 ? 2 : head[1] === 126 ? 4 : 10
    const header = this.#peek(size)
    if (header === undefined) return false
    const length = size === 2 ? header[1] : size === 4 ? header.readUInt16BE(2) : Number(header.readBigUInt64BE(2))
    if (this.#size < size + length) return false
    const frame = this.#peek(size + length)
    this.#drop(size + length)
    this.#onFrame(frame[0] & 15, frame.subarray(size), (frame[0] & 0x40) !== 0, (frame[0] & 0x80) !== 0)
    return true
  }

  /** The first bytes in one piece, which the first chunk then is. */
  #peek(size) {
    if (this.#size < size) return undefined
    if (this.#chunks[0].length < size) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0].subarray(0, size)
  }

  #drop(size) {
    this.#size -= size
    if (this.#size === 0) this.#chunks = []
    else this.#chunks[0] = this.#chunks[0].subarray(size)
  }
}
