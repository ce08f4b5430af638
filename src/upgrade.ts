import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { abort } from './abort.ts'
import { Acceptance } from './acceptance.ts'
import { attempt } from './attempt.ts'
import { Cancellation } from './cancellation.ts'
import type { Connection } from './connection.ts'
import type { Logged, RequestLog } from './connection-log.ts'
import type { RouteSettings } from './defaults.ts'
import type { RefusalReason } from './diagnostics-events.ts'
import type { Departing } from './drain.ts'
import type { Client } from './handshake-check.ts'
import { seal } from './handshake-response.ts'
import { HandshakeSocket, type SocketOwner, serverOf } from './handshake-socket.ts'
import { HandshakeTime } from './handshake-time.ts'
import { logWait } from './handshake-wait.ts'
import { isOverHttp2 } from './http2/stream-of.ts'
import { dropKey } from './http2/upgrade-request.ts'
import type { Hub, Opening } from './hub.ts'
import { ignore } from './in-turn.ts'
import type { HandshakeHeaders, HandshakeRefusal } from './protocol/handshake.ts'
import { recentOrders } from './recent-orders.ts'
import { FAILED, reasonOf, TIMED_OUT, UNAVAILABLE, writeRefusal } from './refusal.ts'
import { upgrades } from './upgrades.ts'
import type { Wire } from './wire.ts'

/** After a refusal the client has this long to take it and to end its side; then the socket is destroyed. */
const LINGER_MS = 2_000

/**
 * - `waiting`: an earlier, pipelined request has no response yet.
 * - `routing`: the framework's chain runs, with a real response on the socket.
 * - `accepted`: the 101 is going out.
 * - `refused`: whatever replied has refused; its response goes out, then the socket ends.
 * - `over`: the socket is a WebSocket, or gone.
 */
type State = 'waiting' | 'routing' | 'accepted' | 'refused' | 'over'

/** One opening handshake, from complete headers to the 101 or a refusal. Nothing is upgraded before the last of it. */
export class Upgrade implements Departing, SocketOwner, Logged {
  /** The app in which routing stands. */
  hub: Hub
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The server that the request came through. */
  readonly server: Server | undefined
  /** What is in force where routing stands: each router on the way lays its own options over. */
  settings: RouteSettings
  readonly #socket: HandshakeSocket
  readonly #head: Buffer
  readonly #time: HandshakeTime
  readonly #cancellation = new Cancellation()
  readonly #acceptance = new Acceptance()
  #state: State = 'waiting'
  /** A reply was given, and may still be held up on its way: by the store of a session, say. */
  #isReplied = false
  /** The one that has checked it last, and who asks, as that one sees it. */
  route = ''
  client: Client | undefined = undefined
  /** The framework's own, of the request. */
  log: RequestLog | undefined = undefined
  /** Why it is refused, if it is: what the app replies, until something else is known. */
  #reason: RefusalReason = 'app'
  /** What was ordered from then on is for it, too; -1 where it is not being decided. */
  #since = -1
  /** What the handshake has become. */
  #wire: Wire | undefined = undefined

  constructor(hub: Hub, response: ServerResponse, socket: Duplex, head: Buffer) {
    this.hub = hub
    this.request = response.req
    this.response = response
    this.server = serverOf(socket)
    this.settings = hub.settings
    dropKey(response.req)
    this.#socket = new HandshakeSocket(socket, response, this)
    this.#head = head
    this.#time = new HandshakeTime(hub.clock, () => this.#onTimeOver())
    upgrades.set(response.req, this)
  }

  /** Nobody has replied yet, and there still is somebody to reply to. */
  get isUnanswered(): boolean {
    return this.#state === 'routing' && !this.#isReplied && !this.response.headersSent
  }

  /**
   * What replies and then lets routing go on has refused. A status may be all there is of a reply yet: its file is still
   * being opened, say, or its template read. And where nothing follows, a hook that says 401 has not let anybody in.
   */
  get isUndecided(): boolean {
    return this.isUnanswered && this.response.statusCode === 200
  }

  /** The socket is a WebSocket, gone, or somebody else's. */
  get #isOver(): boolean {
    return this.#state === 'over'
  }

  /** WebSockets in its session of HTTP/2, itself included. */
  get streamsOfSession(): number {
    const { socket } = this.request
    return isOverHttp2(socket) ? socket.session.streams : 0
  }

  get elapsedMs(): number {
    return this.#time.elapsedMs
  }

  get inForce(): RouteSettings {
    return this.#acceptance.settings ?? this.settings
  }

  /** Aborted when the client leaves, or the handshake's time is over. */
  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  /**
   * Runs `route` with a real response on the socket, after the responses to what came before. Until then there is nothing
   * to reply on: it counts, its time runs, and when that is over the socket is destroyed.
   */
  begin(route: () => unknown): void {
    if (this.#socket.isDestroyed) return
    if (this.hub.reasonAgainst(this) === undefined) this.hub.begin(this)
    else this.hub.turnAway(this) // refused in its turn, unless there is room by then
    this.#time.limit(this.settings.handshakeTimeoutMs)
    this.#socket.inTurn(() => {
      this.#state = 'routing'
      this.#since = recentOrders.begin()
      this.hub.observer.begun(this.request)
      this.#socket.attach()
      attempt(route, (error) => this.#onError(error))
      if (!this.#isOver && !this.#socket.isAnswered) this.#wait()
    })
    if (this.#state === 'waiting') this.#time.start()
  }

  /** Routing goes on in the app of `hub`: one of several on this server. Returns false where it takes no more. */
  enter(hub: Hub): boolean {
    const reason = hub.reasonAgainst(this)
    this.#reason = reason ?? 'app'
    if (reason !== undefined) return false
    if (hub !== this.hub) {
      this.hub.end(this)
      this.#acceptance.leave()
    }
    hub.begin(this)
    this.hub = hub
    this.settings = hub.settings
    this.#time.limit(this.settings.handshakeTimeoutMs)
    return true
  }

  /**
   * Code that works on behind the 101 has failed: that is the connection's affair, as what its handler throws. Returns
   * false where no 101 has gone out, so that there is somebody to reply to.
   */
  fail(error: unknown): boolean {
    const isUpgraded = this.#state === 'accepted' && this.response.headersSent && this.#acceptance.opening !== undefined
    if (this.#wire !== undefined) this.#wire.onHandlerError(error)
    else if (!isUpgraded)
      return false // not even where the 101 was begun: a header field that nobody can write, say
    else this.response.once('close', () => this.fail(error) || this.#log(error, 'failed when its client had left'))
    return true
  }

  /** The first thing in a route: whether the handshake is right, its origin allowed, and there is a place for it. */
  check(settings: RouteSettings, client: Client): HandshakeRefusal | undefined {
    if (this.#state === 'routing') this.#time.limit(settings.handshakeTimeoutMs)
    this.route = client.route ?? ''
    this.client = client
    this.log = client.log ?? this.log
    const refusal = this.#acceptance.check(this, settings, client)
    this.#reason = refusal === undefined ? 'app' : reasonOf(refusal)
    return refusal
  }

  /**
   * The last thing in a route: every hook has passed. Puts the 101 on the response, which the adapter then ends by the
   * framework's own means, so that headers which hooks have set go out with it. `connection` was made before there was a
   * wire.
   */
  accept(handler: Opening['handler'], request: unknown, connection?: Connection): HandshakeRefusal | undefined {
    if (!this.isUndecided) return FAILED
    const refusal = this.#acceptance.accept(this, handler, request, connection)
    if (refusal === UNAVAILABLE) this.#reason = 'shutdown'
    if (refusal !== undefined) return refusal
    this.response.statusCode = 101
    this.#state = 'accepted'
    return undefined
  }

  /**
   * Opens in this turn, past the response: for servers that write the head of the 101 themselves, in `lines`, and whose
   * users expect their connection when the call returns. Comes after `accept`, and `onHead(101)`.
   */
  openNow(lines: readonly string[]): void {
    const { opening } = this.#acceptance
    if (this.#state !== 'accepted' || opening === undefined) return
    this.#time.cancel()
    this.#socket.detach()
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    this.#open(opening)
  }

  /** Somebody else answers, if anybody: the socket is theirs, and the handshake refused. It stays guarded against errors. */
  release(): Duplex {
    this.hub.observer.refused(this, undefined, this.#reason)
    this.#state = 'over'
    this.#leave()
    this.#time.cancel()
    this.#socket.detach()
    upgrades.delete(this.request)
    this.hub.end(this)
    return this.#socket.release().on('error', ignore)
  }

  /** Somebody replies; `log` is the framework's, of the request. */
  onReply(log?: RequestLog): void {
    this.#isReplied = true
    this.log ??= log
  }

  /** The response's head goes out. Returns what belongs to it. */
  onHead(status: number): HandshakeHeaders {
    return this.#acceptance.onHead(status)
  }

  /** The app is shutting down: what is still being decided is refused when it is decided. */
  depart(): void {
    if (this.#state === 'refused') this.#socket.destroy()
  }

  terminate(): void {
    this.#socket.destroy()
  }

  onFinish(): void {
    if (this.#state === 'over') return
    this.#time.cancel()
    this.#socket.detach()
    const { opening } = this.#acceptance
    if (opening === undefined) this.#end(this.response.statusCode)
    else this.#open(opening)
  }

  onGone(): void {
    const isAnswered = this.#state === 'refused'
    const isLate = this.#reason === 'handshakeTimeoutMs'
    this.#state = 'over'
    this.#leave()
    this.#time.cancel()
    if (!isAnswered) this.hub.observer.refused(this, undefined, isLate ? 'handshakeTimeoutMs' : 'left')
    this.#cancellation.cancel('the client left during the handshake')
    this.hub.end(this)
    if (!this.response.writableFinished) abort(this.request)
  }

  /** Something on the way takes longer than this turn. A route without such a thing needs no timer, and no listeners. */
  #wait(): void {
    this.#time.start()
    this.#socket.watch()
  }

  #onError(error: unknown): void {
    if (this.fail(error)) return
    this.#log(error, 'failed; it is answered with 500')
    if (this.response.headersSent) this.#socket.destroy()
    else writeRefusal(this.response, FAILED)
  }

  #log(error: unknown, what: string): void {
    this.hub.log('error', { err: error }, `sockroute: a handshake ${what}`)
  }

  #open(opening: Opening): void {
    this.#state = 'over'
    seal(this.response)
    upgrades.delete(this.request)
    const missed = recentOrders.since(this.#since, this.hub.staying)
    this.#stopFollowing()
    this.#wire = this.hub.open(this.#socket.open(), this.#head, opening, this, missed)
  }

  /** It will not open. */
  #leave(): void {
    this.#acceptance.leave()
    this.#stopFollowing()
  }

  #stopFollowing(): void {
    if (this.#since < 0) return
    recentOrders.end(this.#since)
    this.#since = -1
  }

  #end(status: number): void {
    this.#state = 'refused'
    this.hub.observer.refused(this, status, this.#reason)
    this.#leave()
    this.hub.linger(this)
    this.#socket.end()
    this.#time.grant(this.hub.isClosing(this.server) ? LINGER_MS / 20 : LINGER_MS)
  }

  /** The 504 goes past the response, for whoever holds that may never let go of it; what it replies late is discarded. */
  #onTimeOver(): void {
    if (this.#state === 'refused') {
      this.#socket.destroy() // it has its answer, and does not go
      return
    }
    const isHeld = !this.response.headersSent && this.#state !== 'waiting'
    this.#reason = 'handshakeTimeoutMs'
    this.hub.onLimit('handshakeTimeoutMs')
    if (isHeld) logWait(this, this.#isReplied)
    if (!isHeld || this.#state === 'accepted') {
      this.#socket.destroy()
      return
    }
    this.#socket.detach()
    this.response.destroy()
    this.#cancellation.cancel('the handshake took longer than handshakeTimeoutMs')
    this.#socket.write(TIMED_OUT)
    this.#end(504)
  }
}
