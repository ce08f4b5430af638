// A connection that hands on the bytes it reads, in one buffer for all of them: the client should cost next to nothing.
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'

const READ_BUFFER = Buffer.allocUnsafeSlow(262_144)
const CRLF2 = Buffer.from('\r\n\r\n')

export function request({ isCompressed = false } = {}) {
  const fields = [
    'GET / HTTP/1.1',
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...(isCompressed
      ? ['Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover']
      : []),
  ]
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n`, 'latin1')
}

/** The answer to the request above, whose key is the one of RFC 6455 §1.3. */
const ACCEPT = /^HTTP\/1\.1 101 .*\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/is
const NO_CONTEXT = /\r\nsec-websocket-extensions: *permessage-deflate;[^\r]*server_no_context_takeover/i

export class RawSocket {
  /** Called with how many bytes were read, and the buffer in which they are until it returns. */
  onBytes = () => {}
  /** Called once, when the connection has ended; with an error if it did not end by itself. */
  onClose = () => {}
  #head = Buffer.alloc(0)
  #error

  /** `source` is the address to connect from. */
  constructor({ port, isTls = false, source }, onOpen, opening = request()) {
    const target = { port, host: '127.0.0.1', localAddress: source }
    const onread = { buffer: READ_BUFFER, callback: (size, buffer) => this.#read(size, buffer, onOpen) }
    this.socket = isTls
      ? connectTls({ ...target, rejectUnauthorized: false, onread })
      : connectTcp({ ...target, onread })
    this.socket.setNoDelay(true)
    this.socket
      .on('error', (error) => {
        this.#error = error
      })
      .on('close', () => this.onClose(this.#error))
    this.socket.write(opening)
  }

  /** Fulfils when it is open. @throws Error if the server refuses it, or does not compress where it should */
  static open(target, isCompressed = false) {
    return new Promise((resolve, reject) => {
      const socket = new RawSocket(
        target,
        (answer) => {
          const isRight = ACCEPT.test(answer) && NO_CONTEXT.test(answer) === isCompressed
          if (isRight) resolve(socket)
          else reject(new Error(`the handshake was answered with ${answer}`))
        },
        request({ isCompressed }),
      )
      socket.onClose = (error) => reject(error ?? new Error('the server ended the connection'))
    })
  }

  write(bytes) {
    return this.socket.write(bytes)
  }

  destroy() {
    this.onClose = () => {}
    this.socket.resetAndDestroy() // which leaves no port in TIME_WAIT
  }

  #read(size, buffer, onOpen) {
    if (this.#head === undefined) return this.#handOn(size, buffer)
    const head = Buffer.concat([this.#head, buffer.subarray(0, size)])
    const end = head.indexOf(CRLF2)
    if (end < 0) {
      this.#head = head
      return true
    }
    this.#head = undefined
    onOpen(head.toString('latin1', 0, end + 2))
    const rest = head.subarray(end + 4)
    return rest.length === 0 || this.#handOn(rest.length, rest)
  }

  /** What should not have come ends the connection. */
  #handOn(size, buffer) {
    try {
      this.onBytes(size, buffer)
      return true
    } catch (error) {
      this.socket.destroy(error)
      return false
    }
  }
}
