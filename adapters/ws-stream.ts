import { Duplex, type DuplexOptions } from 'node:stream'
import type { Connection } from '../src/adapter.ts'

/** A socket of a server of `sockroute/ws`, of a client, or of a route. */
type Streamable = Connection & { readonly _socket?: Duplex | null }
type Done = (error?: Error | null) => void

/**
 * A WebSocket as a stream: each message is a chunk, and each chunk that is written a message. Whoever writes faster than the
 * peer takes waits, and so does the peer. Ending it closes the WebSocket; what the peer has sent by then still comes.
 */
class WebSocketStream extends Duplex {
  readonly #socket: Streamable
  /** The end of the transport lets go of what was held back. */
  #isHolding = false
  /** The WebSocket has failed, and its close frame is on its way. */
  #isFailing = false

  constructor(socket: Streamable, options: DuplexOptions) {
    super({ ...options, objectMode: false, writableObjectMode: false })
    this.#socket = socket
    socket.on('message', (data: Buffer | ArrayBuffer, isBinary) => this.#receive(data, isBinary))
    socket.once('error', (error) => this.#fail(error))
    socket.once('close', () => this.push(null))
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume()
  }

  override _write(chunk: Buffer | string, _encoding: string, done: Done): void {
    this.#whenOpen(() => this.#socket.send(chunk, done))
  }

  override _final(done: Done): void {
    const { readyState } = this.#socket
    this.#whenOpen(() => {
      this.#socket.once('close', (code) => done(code === 1006 && readyState < 2 ? this.#cutOff() : null))
      this.#socket.close()
    })
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#socket.once('close', () => done(error))
    if (!this.#isFailing) this.#socket.terminate()
  }

  #receive(data: Buffer | ArrayBuffer, isBinary: boolean): void {
    if (this.destroyed || this.readableEnded) return
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data)
    const chunk = !isBinary && this.readableObjectMode ? bytes.toString() : bytes
    if (!this.push(chunk)) this.#pause()
  }

  /** Only while there is a peer to hold back: what is left when it has gone is here already, and would not be kept for ever. */
  #pause(): void {
    const transport = this.#socket._socket
    if (transport?.destroyed) return
    this.#socket.pause()
    if (this.#isHolding) return
    this.#isHolding = true
    transport?.once('close', () => this.#socket.resume())
  }

  #fail(error: Error): void {
    this.#isFailing = true
    this.destroy(error)
  }

  /** The peer may not have all of it. Told to whoever listens: a client that leaves is no reason to end the process. */
  #cutOff(): Error | null {
    return this.listenerCount('error') > 0 ? new Error(CUT_OFF) : null
  }

  /** A client may still be connecting. */
  #whenOpen(task: () => void): void {
    if (this.#socket.readyState === 0)
      this.#socket.once('open' as 'close', task) // of a client, whose class names it
    else task()
  }
}

const CUT_OFF = 'the WebSocket was cut off before the peer had answered its close'

/**
 * `ws`'s `createWebSocketStream`: a `Duplex` over a socket of a server or of a client.
 * @param options those of `Duplex`; with `readableObjectMode` text comes as strings
 */
export function createWebSocketStream(socket: Streamable, options: DuplexOptions = {}): Duplex {
  return new WebSocketStream(socket, options)
}
