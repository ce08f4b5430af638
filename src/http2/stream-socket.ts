import type { ServerHttp2Stream } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { ignore } from '../in-turn.ts'
import { STREAM } from '../process-wide.ts'
import { EMPTY } from '../protocol/growing-buffer.ts'
import { cut } from './cut.ts'
import { type ResponseHead, readResponseHead } from './response-head.ts'
import type { SocketSession } from './socket-session.ts'
import type { OverHttp2 } from './stream-of.ts'

type Done = (error?: Error | null) => void

/**
 * Stands for the socket that a handshake would have over HTTP/1.1: what is written to it as a response of HTTP/1.1 goes out on the
 * stream as one of HTTP/2. So whatever answers handshakes need not know which it is. RFC 8441 §5
 */
export class StreamSocket extends Duplex implements OverHttp2 {
  readonly [STREAM]: ServerHttp2Stream
  /** As Node sets it on the sockets that a server has accepted. */
  readonly server: Server
  readonly session: SocketSession
  readonly hasKey: boolean
  /** What was written of a head that is not complete; undefined behind the last. */
  #head: Buffer | undefined = EMPTY
  #isRead = false
  #isReleased = false

  constructor(stream: ServerHttp2Stream, server: Server, session: SocketSession, hasKey: boolean) {
    super()
    this[STREAM] = stream
    this.server = server
    this.session = session
    this.hasKey = hasKey
    session.add(stream)
    this.on('error', ignore)
    stream.on('error', ignore) // 'close' follows
    stream.on('close', this.#onClose)
  }

  release(): ServerHttp2Stream {
    this.#isReleased = true
    const stream = this[STREAM]
    stream.off('close', this.#onClose)
    stream.off('error', ignore) // the connection has one of its own
    stream.once('finish', endSoon)
    stream.once('aborted', endNow)
    return stream
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    const stream = this[STREAM]
    if (stream.closed)
      done() // 'close' follows
    else if (this.#head === undefined) stream.write(chunk, done)
    else this.#writeHead(Buffer.concat([this.#head, chunk]), done)
  }

  override _final(done: Done): void {
    const stream = this[STREAM]
    if (stream.headersSent) stream.end(done)
    else done()
  }

  override _read(): void {
    const stream = this[STREAM]
    if (!this.#isRead) {
      this.#isRead = true
      stream.on('data', (chunk: Buffer) => {
        if (!this.push(chunk)) stream.pause()
      })
      stream.on('end', () => this.push(null))
    }
    stream.resume()
  }

  override _destroy(error: Error | null, done: Done): void {
    if (!this.#isReleased) cut(this[STREAM])
    done(error)
  }

  /** What a socket has, and a stream has not: a handshake's time is our own affair, and a session's socket is Node's. */
  setTimeout(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  #writeHead(text: Buffer, done: Done): void {
    const end = text.indexOf('\r\n\r\n')
    this.#head = text
    if (end < 0) {
      done()
      return
    }
    try {
      this.#respond(readResponseHead(text.toString('latin1', 0, end)))
    } catch (error) {
      done(error as Error) // no response, or none that HTTP/2 could carry: the stream is reset
      return
    }
    const rest = text.subarray(end + 4)
    if (rest.length > 0) this._write(rest, 'buffer', done)
    else done()
  }

  #respond(head: ResponseHead): void {
    const isInterim = head.status < 200 && head.status !== 101
    if (!this.hasKey) delete head.headers['sec-websocket-accept'] // RFC 8441 §5
    this.#head = isInterim ? EMPTY : undefined
    if (isInterim) this[STREAM].additionalHeaders({ ...head.headers, ':status': head.status })
    else this[STREAM].respond({ ...head.headers, ':status': statusOf(head) })
  }

  readonly #onClose = (): void => {
    this.destroy()
  }
}

/** So long the peer has to end its side behind ours. Node's own client never does. */
const END_MS = 1_000
const NO_ERROR = 0

/** A server may say that it waits for no more: what it has sent is complete. RFC 9113 §8.1 */
function endSoon(this: ServerHttp2Stream): void {
  if (this.closed) return
  const timer = setTimeout(() => this.close(NO_ERROR), END_MS).unref()
  this.once('close', () => clearTimeout(timer))
}

/** The peer's reset: if it says NO_ERROR, Node would wait until all is written, and nothing can be any more. RFC 9113 §5.1 */
function endNow(this: ServerHttp2Stream): void {
  if (this.rstCode === NO_ERROR) this.destroy()
}

/**
 * 200 is what 101 is to HTTP/1.1. So no other answer may be a success: whoever says that all is well, and opens nothing, has refused.
 * RFC 8441 §5
 */
function statusOf({ status, isOpening }: ResponseHead): number {
  if (isOpening) return 200
  return status < 300 ? 403 : status
}

/** What is known of the client, from the socket that all streams of its session share. */
const OF_SESSION = [
  'remoteAddress',
  'remoteFamily',
  'remotePort',
  'localAddress',
  'localPort',
  'encrypted',
  'authorized',
  'authorizationError',
  'alpnProtocol',
  'servername',
  'address',
  'getCipher',
  'getPeerCertificate',
  'getPeerX509Certificate',
  'getProtocol',
] as const

for (const name of OF_SESSION) {
  Object.defineProperty(StreamSocket.prototype, name, {
    get(this: StreamSocket): unknown {
      const { session } = this[STREAM]
      return session === undefined || session.destroyed
        ? undefined
        : (session.socket as Partial<Socket & Record<string, unknown>>)[name]
    },
  })
}
