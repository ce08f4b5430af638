import { Duplex, type DuplexOptions } from 'node:stream'
import type { Connection } from '../src/adapter.ts'

type Done = (error?: Error | null) => void

/**
 * A WebSocket as a stream: each message is a chunk, and each chunk that is written a message. Whoever writes faster than the
 * peer takes waits, and so does the peer. Ending it closes the WebSocket; what the peer has sent by then still comes.
 */
class WebSocketStream extends Duplex {
  readonly #socket: Connection
  /** The WebSocket has failed, and its close frame is on its way. */
  #isFailing = false

  constructor(socket: Connection, options: DuplexOptions) {
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
    if (!this.push(chunk)) this.#socket.pause()
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
export function createWebSocketStream(socket: Connection, options: DuplexOptions = {}): Duplex {
  return new WebSocketStream(socket, options)
}
