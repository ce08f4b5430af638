import type { Http2Session, ServerHttp2Stream } from 'node:http2'

/** A session that is asked for a sign of life has so long to give it: on a slow link megabytes may lie before the answer. */
const PROBE_MS = 60_000
/** The same when its server is closing. */
const LAST_PROBE_MS = 2_000

const known = new WeakMap<Http2Session, SocketSession>()

/** What there is of WebSockets in one session of HTTP/2, and the session's end where that is our affair. */
export class SocketSession {
  /** Streams of WebSockets: open ones, handshakes under way, and those that were refused and have not ended. */
  streams = 0
  readonly #session: Http2Session
  #isClosing = false
  #isProbed = false

  static of(session: Http2Session): SocketSession {
    const one = known.get(session) ?? new SocketSession(session)
    known.set(session, one)
    return one
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
    if (this.streams > 0 || this.#session.destroyed) return
    this.#session.close()
    this.probe()
  }

  /**
   * A stream of it was given up. If the peer is gone, then the whole session is, and nobody else would notice: whoever does not
   * answer a PING is let go of. RFC 9113 §6.7
   */
  probe(): void {
    const session = this.#session
    if (this.#isProbed || session.destroyed) return
    this.#isProbed = true
    const timer = setTimeout(() => session.destroy(), this.#isClosing ? LAST_PROBE_MS : PROBE_MS).unref()
    session.ping(() => {
      this.#isProbed = false
      clearTimeout(timer)
    })
  }

  readonly #onStreamClosed = (): void => {
    this.streams--
    if (this.#isClosing) this.close()
  }
}
