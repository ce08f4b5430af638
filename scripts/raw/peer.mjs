// A client without a library: bytes over TCP, and what comes back as frames.
import { connect } from 'node:net'
import { FrameReader } from './frame-reader.mjs'

/** A right opening handshake, with further header lines. RFC 6455 §1.3 */
export function handshake(...lines) {
  const fields = [
    'GET / HTTP/1.1',
    'Host: h',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...lines,
  ]
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n`, 'latin1')
}

export class Peer {
  /** Fulfils with the status of the answer to the handshake; with 'fin' or 'rst' if there was none. */
  opened
  /** Fulfils with how it ended: 'fin' or 'rst'. */
  ended
  onFrame = () => {}
  /** Status line and header fields of the answer, once it is there. */
  answer = ''
  #onHead
  #head = Buffer.alloc(0)
  #reader = new FrameReader((opcode, payload, rsv1) => this.onFrame(opcode, payload, rsv1))

  constructor(port, opening = handshake()) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.opened = new Promise((resolve) => {
      this.#onHead = resolve
    })
    this.ended = new Promise((resolve) => {
      this.socket
        .on('end', () => resolve('fin'))
        .on('error', () => resolve('rst'))
        .on('close', () => resolve('rst'))
    })
    void this.ended.then((how) => this.#onHead(how))
    this.socket.on('data', (chunk) => this.#read(chunk))
    this.socket.write(opening)
  }

  write(bytes) {
    return this.socket.write(bytes)
  }

  reset() {
    this.socket.resetAndDestroy()
  }

  #read(chunk) {
    if (this.#head === undefined) return this.answer.startsWith('HTTP/1.1 101') && this.#reader.push(chunk)
    this.#head = Buffer.concat([this.#head, chunk])
    const size = this.#head.indexOf('\r\n\r\n')
    if (size < 0) return
    const rest = this.#head.subarray(size + 4)
    this.answer = this.#head.toString('latin1', 0, size)
    this.#head = undefined
    const status = Number(this.answer.slice(9, 12))
    this.#onHead(status)
    if (status === 101) this.#reader.push(rest)
  }
}
