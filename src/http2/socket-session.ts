import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { ignore } from '../in-turn.ts'

/** A session that is asked for a sign of life has so long to give it: on a slow link megabytes may lie before the answer. */
const PROBE_MS = 60_000
/** The same when its server is closing; and so long the peer has to end its side then. */
const LAST_MS = 2_000

const known = new WeakMap<Http2Session, SocketSession>()

/** What there is of WebSockets in one session of HTTP/2, and the session's end where that is our affair. */
export class SocketSession {
  /** Streams of WebSockets: open ones, handshakes under way, and those that were refused and have not ended. */
  streams = 0
  /** What carries it all. Node lets nobody have it from the session, and waits for as long as the peer likes. */
  socket: Duplex | undefined = undefined
  readonly #session: Http2Session
  #isClosing = false
  #isProbed = false

  static of(session: Http2Session): SocketSession {
    const one = known.get(session) ?? new SocketSession(session)
    known.set(session, one)
    return one
  }

  /** Whether there are any; one of HTTP/1.1, where the same server has it, has none. */
  static hasStreams(session: Http2Session): boolean {
    return (known.get(session)?.streams ?? 0) > 0
  }

  private constructor(session: Http2Session) {
    this.#session = session
  }

  add(stream: ServerHttp2Stream): void {
    this.streams++
    stream.once('close', this.#onStreamClosed)
  }

  /** The server closes: behind the last close frame goes GOAWAY. Requests that are under way are not cut off. RFC 9113 §6.8 */
  close(): void {
    this.#isClosing = true
    const session: { close?: () => void } = this.#session
    if (this.streams > 0) {
      session.close = ignore // from 24 on Node calls it as soon as the server closes
      return
    }
    delete session.close // what is its class's is there again
    this.#session.close()
    this.socket?.once('finish', () => this.#destroyIn(LAST_MS))
    this.probe()
  }

  /**
   * A stream of it was given up. If the peer is gone, then the whole session is, and nobody else would notice: whoever does not
   * answer a PING is let go of. RFC 9113 §6.7
   */
  probe(): void {
    if (this.#isProbed) return
    this.#isProbed = true
    const timer = this.#destroyIn(this.#isClosing ? LAST_MS : PROBE_MS)
    if (this.#session.destroyed) return
    this.#session.ping((error: Error | null) => {
      if (error !== null) return // it has ended
      clearTimeout(timer)
      this.#isProbed = false
    })
  }

  #destroyIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.socket?.destroy(), ms).unref()
  }

  readonly #onStreamClosed = (): void => {
    this.streams--
    if (this.#isClosing) this.close()
  }
}
