import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { prepare } from './handshake-response.ts'
import { carrierOf, isOverHttp2 } from './http2/stream-of.ts'
import { ignore, inTurn } from './in-turn.ts'

/** What is told of the socket. */
export interface SocketOwner {
  /** The response has gone out. */
  onFinish(): void
  /** The socket has closed. */
  onGone(): void
}

/**
 * The socket of a handshake, on which HTTP's response goes out. It is guarded before any user code runs, however long
 * that takes: a reset must not end the process, and is noticed when it comes.
 */
export class HandshakeSocket {
  readonly #socket: Duplex
  /** What bytes come by: the socket itself, or the stream of HTTP/2 that it stands for. */
  readonly #carrier: Duplex
  readonly #response: ServerResponse
  readonly #owner: SocketOwner
  #isWatched = false

  constructor(socket: Duplex, response: ServerResponse, owner: SocketOwner) {
    this.#socket = socket
    this.#carrier = carrierOf(socket)
    this.#response = response
    this.#owner = owner
    socket.on('error', ignore) // 'close' follows
    socket.on('close', this.#onGone)
  }

  get isDestroyed(): boolean {
    return this.#socket.destroyed
  }

  /** Runs `task` after the responses to what came before, if the client is still there. RFC 9112 §9.3.2 */
  inTurn(task: () => void): void {
    inTurn(this.#socket, () => {
      if (this.#carrier.readableEnded) this.#socket.destroy() // the client has left meanwhile
      if (!this.#socket.destroyed) task()
    })
  }

  /** Puts the response on the socket. */
  attach(): void {
    const response = this.#response
    const socket = this.#socket as Socket // ServerResponse writes to any Duplex, but its type says Socket
    setUp(socket)
    response.shouldKeepAlive = false
    prepare(response)
    response.on('error', ignore)
    response.on('finish', () => this.#owner.onFinish())
    response.assignSocket(socket)
  }

  /** The response has gone out, or as good as that: nothing has to be waited for. */
  get isAnswered(): boolean {
    return this.#response.writableEnded && this.#socket.writableLength === 0
  }

  /** From here on it is noticed when the client leaves, and when it can take more of a long response. */
  watch(): void {
    this.#carrier.on('readable', this.#onReadable)
    this.#carrier.on('end', this.#onEnd)
    this.#socket.on('drain', this.#onDrain)
    this.#isWatched = true
  }

  /** The response is complete, and what happens on the socket from here on is not its business. */
  detach(): void {
    const socket = this.#socket as Socket // as in `attach`
    this.#response.detachSocket(socket)
    if (this.#isWatched) {
      this.#carrier.off('readable', this.#onReadable)
      socket.off('drain', this.#onDrain)
    }
    process.nextTick(() => this.#response.emit('close'))
  }

  /** The socket, which from here on is somebody else's. */
  release(): Duplex {
    if (this.#isWatched) this.#carrier.off('end', this.#onEnd)
    this.#socket.off('close', this.#onGone)
    this.#socket.off('error', ignore) // the connection has one of its own
    return this.#socket
  }

  /** What bytes come by, which from here on is a WebSocket's. */
  open(): Duplex {
    this.release()
    return isOverHttp2(this.#socket) ? this.#socket.release() : this.#socket
  }

  /** Past the response. */
  write(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  /** Sends FIN behind the response, and reads what still comes: unread, it would turn FIN into RST. */
  end(): void {
    this.#socket.end()
    this.#carrier.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Notices that the client has ended its side, and takes nothing that it may have sent before. */
  readonly #onReadable = (): void => {
    if (this.#carrier.readableLength === 0) this.#carrier.read(0)
  }

  readonly #onEnd = (): void => {
    this.#socket.destroy()
  }

  readonly #onDrain = (): void => {
    if (this.#response.writableNeedDrain) this.#response.emit('drain')
  }

  readonly #onGone = (): void => {
    this.#owner.onGone()
  }
}

/** Node sets it on every socket that a server of its own has accepted. */
export function serverOf(socket: Duplex): Server | undefined {
  return 'server' in socket ? (socket.server as Server) : undefined
}

/** What HTTP's keep-alive left on the socket is taken off. */
function setUp(socket: Partial<Socket>): void {
  socket.setTimeout?.(0)
  socket.setNoDelay?.(true)
}
