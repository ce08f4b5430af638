import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Timer } from './clock.ts'
import type { Departing } from './drain.ts'
import { prepare, seal } from './handshake-response.ts'
import type { Hub, Opening } from './hub.ts'
import { ignore, inTurn } from './in-turn.ts'
import type { RouteSettings } from './options.ts'
import { checkOrigin } from './origin.ts'
import {
  acceptHeaders,
  type HandshakeAnswer,
  type HandshakeHeaders,
  type HandshakeRefusal,
  readHandshake,
} from './protocol/handshake.ts'
import { FAILED, FORBIDDEN, TIMED_OUT, UNAVAILABLE, writeRefusal } from './refusal.ts'
import { upgrades } from './upgrades.ts'
import type { Wire } from './wire.ts'

/** After a refusal the client has this long to take it and to end its side; then the socket is destroyed. */
const LINGER_MS = 2_000

type Handshake = Extract<HandshakeAnswer, { ok: true }>

/**
 * - `waiting`: an earlier, pipelined request has no response yet.
 * - `routing`: the framework's chain runs, with a real response on the socket.
 * - `accepted`: the 101 is going out.
 * - `refused`: whatever replied has refused; its response goes out, then the socket ends.
 * - `over`: the socket is a WebSocket, or gone.
 */
type State = 'waiting' | 'routing' | 'accepted' | 'refused' | 'over'

/**
 * One opening handshake, from complete headers to the 101 or a refusal. The socket is guarded before any user code runs,
 * and nothing is upgraded before the last of it has.
 */
export class Upgrade implements Departing {
  /** The app in which routing stands. */
  hub: Hub
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The server that the request came through. */
  readonly server: Server | undefined
  /** What is in force where routing stands: each router on the way lays its own options over. */
  settings: RouteSettings
  readonly #socket: Duplex
  readonly #head: Buffer
  readonly #startedAt: number
  /** Made when somebody asks for it: most handshakes have no use for it. */
  #abort: AbortController | undefined = undefined
  #abortedFor: Error | undefined = undefined
  #state: State = 'waiting'
  /** A reply was given, and may still be held up on its way: by the store of a session, say. */
  #isReplied = false
  #handshake: Handshake | undefined = undefined
  #opening: Opening | undefined = undefined
  /** The settings of the route that checked last: another may follow. */
  #chosen: RouteSettings
  #headers: HandshakeHeaders = []
  /** Of the head that went out. `response.statusCode` may change afterwards. */
  #sentStatus = 0
  #timer: Timer | undefined = undefined
  /** What the handshake has become. */
  #wire: Wire | undefined = undefined

  constructor(hub: Hub, response: ServerResponse, socket: Duplex, head: Buffer) {
    this.hub = hub
    this.request = response.req
    this.response = response
    this.server = serverOf(socket)
    this.settings = hub.settings
    this.#chosen = hub.settings
    this.#socket = socket
    this.#head = head
    this.#startedAt = hub.clock.now()
    upgrades.set(response.req, this)
    socket.on('error', ignore) // a reset must not end the process, however long user code takes; 'close' follows
    socket.on('close', this.#onGone)
  }

  /** Nobody has replied yet, and there still is somebody to reply to. */
  get isUnanswered(): boolean {
    return this.#state === 'routing' && !this.#isReplied && !this.response.headersSent
  }

  /**
   * What replies and then lets routing go on has refused. A status may be all there is of a reply yet: of a file that is
   * being opened, say.
   */
  get isUndecided(): boolean {
    return this.isUnanswered && this.response.statusCode === 200
  }

  /** Aborted when the client leaves, or the handshake's time is over. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#abortedFor !== undefined) this.#abort.abort(this.#abortedFor)
    return this.#abort.signal
  }

  /**
   * Runs `route` with a real response on the socket, after the responses to what came before. Until then there is nothing
   * to reply on: it counts, its time runs, and when that is over the socket is destroyed. RFC 9112 §9.3.2
   */
  begin(route: () => unknown): void {
    if (this.#socket.destroyed) return
    if (this.hub.takes(this)) this.hub.begin(this)
    else this.hub.linger(this) // refused in its turn, unless there is room by then
    inTurn(this.#socket, () => {
      if (this.#socket.readableEnded) this.#socket.destroy() // the client has left meanwhile
      if (this.#state !== 'waiting' || this.#socket.destroyed) return
      this.#startRouting()
      this.run(route)
    })
    if (this.#state === 'waiting') this.limit(this.settings.handshakeTimeoutMs)
  }

  /** Routing goes on in the app of `hub`: one of several on this server. Returns false where it takes no more. */
  enter(hub: Hub): boolean {
    if (!hub.takes(this)) return false
    if (hub !== this.hub) this.hub.end(this)
    this.hub = hub
    this.settings = hub.settings
    hub.begin(this)
    this.limit(this.settings.handshakeTimeoutMs)
    return true
  }

  /** No app takes it. */
  refuse(): void {
    writeRefusal(this.response, UNAVAILABLE)
  }

  /**
   * Code that works on behind the 101 has failed: that is the connection's affair, as what its handler throws. Returns
   * false where no 101 has gone out, so that there is somebody to reply to.
   */
  fail(error: unknown): boolean {
    if (this.#wire !== undefined) this.#wire.onHandlerError(error)
    else if (this.#state === 'accepted' && this.#sentStatus === 101)
      this.response.once('close', () => this.#failLate(error))
    else return false
    return true
  }

  #failLate(error: unknown): void {
    if (this.fail(error)) return
    this.hub.log('error', { err: error }, 'sockroute: a handshake failed when its client had left')
  }

  /** Runs code that may reply. What it throws, or rejects with, is logged and answered with 500. */
  run(task: () => unknown): void {
    const failed = (error: unknown): void => {
      if (this.fail(error)) return
      this.hub.log('error', { err: error }, 'sockroute: a handshake failed; it is answered with 500')
      if (this.response.headersSent) this.#socket.destroy()
      else writeRefusal(this.response, FAILED)
    }
    try {
      void Promise.resolve(task()).catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  /** How long the handshake may take in all, from its beginning. */
  limit(handshakeTimeoutMs: number): void {
    if (this.#state !== 'routing' && this.#state !== 'waiting') return
    this.#timer?.cancel()
    if (handshakeTimeoutMs === Infinity) return
    const left = Math.max(0, this.#startedAt + handshakeTimeoutMs - this.hub.clock.now())
    this.#timer = this.hub.clock.setTimeout(() => this.#expire(), left)
  }

  /**
   * The first thing in a route: whether the handshake is right, and its origin allowed. `host` is the request's as the
   * framework sees it.
   */
  check(settings: RouteSettings, host: string | undefined): HandshakeRefusal | undefined {
    this.#handshake = undefined
    this.#chosen = settings
    this.limit(settings.handshakeTimeoutMs)
    const maxHeaderFields = Math.min(settings.maxHeaderFields, fieldsKeptBy(this.server))
    const answer = readHandshake(this.request, { maxHeaderFields })
    if (!answer.ok) return answer
    const foreign = checkOrigin(this.request, host, settings)
    if (foreign !== undefined) {
      const { advice, ...details } = foreign
      const { url, originalUrl = url } = this.request as IncomingMessage & { originalUrl?: string } // Express rewrites url
      this.hub.log('warn', { ...details, url: originalUrl }, `sockroute: origin refused; ${advice}`)
      return FORBIDDEN
    }
    this.#handshake = answer
    return undefined
  }

  /**
   * The last thing in a route: every hook has passed. Puts the 101 on the response, which the adapter then ends by the
   * framework's own means, so that headers which hooks have set go out with it.
   */
  accept(handler: Opening['handler'], request: unknown): HandshakeRefusal | undefined {
    if (this.#handshake === undefined || !this.isUndecided) return FAILED
    if (this.hub.isClosing(this.server)) return UNAVAILABLE
    const { key, protocols } = this.#handshake
    const protocol = pickProtocol(protocols, this.#chosen, this.request)
    this.response.statusCode = 101
    this.#headers = acceptHeaders(key, protocol, undefined)
    this.#opening = { settings: this.#chosen, protocol: protocol ?? '', handler, request, server: this.server }
    this.#state = 'accepted'
    return undefined
  }

  /** Somebody replies. */
  onReply(): void {
    this.#isReplied = true
  }

  /**
   * The response's head goes out. Returns what belongs to it: only a 101 carries the handshake's headers, for a hook may
   * still fail after `accept`, and then answers with something else.
   */
  onHead(status: number): HandshakeHeaders {
    this.#sentStatus = status
    return status === 101 ? this.#headers : []
  }

  /** The app is shutting down: what is still being decided is refused when it is decided. */
  depart(): void {
    if (this.#state === 'refused') this.#socket.destroy()
  }

  terminate(): void {
    this.#socket.destroy()
  }

  #startRouting(): void {
    this.#state = 'routing'
    const { response } = this
    const socket = this.#socket as Socket // ServerResponse writes to any Duplex, but its type says Socket
    setUp(socket)
    socket.on('readable', this.#onReadable)
    socket.on('end', this.#onEnd)
    socket.on('drain', this.#onDrain)
    response.shouldKeepAlive = false
    prepare(response)
    response.on('error', ignore)
    response.on('finish', () => this.#onFinish())
    response.assignSocket(socket)
    this.limit(this.settings.handshakeTimeoutMs)
  }

  /** Notices that the client has ended its side, and takes nothing that it may have sent before. */
  readonly #onReadable = (): void => {
    if (this.#socket.readableLength === 0) this.#socket.read(0)
  }

  readonly #onEnd = (): void => {
    if (this.#state !== 'over') this.#socket.destroy()
  }

  readonly #onDrain = (): void => {
    if (this.response.writableNeedDrain) this.response.emit('drain')
  }

  readonly #onGone = (): void => {
    this.#state = 'over'
    this.#timer?.cancel()
    this.#cancel('the client left during the handshake')
    this.hub.end(this)
  }

  #cancel(reason: string): void {
    this.#abortedFor = new Error(reason)
    this.#abort?.abort(this.#abortedFor)
  }

  #onFinish(): void {
    if (this.#state === 'over') return
    this.#letGo()
    if (this.#opening !== undefined && this.#sentStatus === 101) this.#open(this.#opening)
    else this.#end()
  }

  /** The response is complete, and what happens on the socket from here on is not its business. */
  #letGo(): void {
    const socket = this.#socket as Socket // as in #startRouting
    this.#timer?.cancel()
    this.response.detachSocket(socket)
    socket.off('readable', this.#onReadable)
    socket.off('drain', this.#onDrain)
    process.nextTick(() => this.response.emit('close'))
  }

  #open(opening: Opening): void {
    const socket = this.#socket
    this.#state = 'over'
    socket.off('end', this.#onEnd)
    socket.off('close', this.#onGone)
    seal(this.response)
    upgrades.delete(this.request)
    this.#wire = this.hub.open(socket, this.#head, opening, this)
  }

  /** Sends FIN behind the refusal, and reads what still comes: unread, it would turn FIN into RST. */
  #end(): void {
    this.#state = 'refused'
    this.hub.linger(this)
    this.#socket.end()
    this.#socket.resume()
    const lingerMs = this.hub.isClosing(this.server) ? LINGER_MS / 20 : LINGER_MS
    this.#timer = this.hub.clock.setTimeout(() => this.#socket.destroy(), lingerMs)
  }

  /** Past the response object, for whoever holds that may never let go of it; what it replies late is discarded. */
  #expire(): void {
    if (this.response.headersSent || this.#state !== 'routing') {
      this.#socket.destroy()
      return
    }
    this.#letGo()
    this.response.destroy()
    this.#cancel('the handshake took longer than handshakeTimeoutMs')
    this.#socket.write(TIMED_OUT)
    this.#end()
  }
}

function pickProtocol(
  offered: readonly string[],
  { protocols }: RouteSettings,
  request: IncomingMessage,
): string | undefined {
  if (typeof protocols !== 'function') return protocols.find((protocol) => offered.includes(protocol))
  if (offered.length === 0) return undefined
  const picked = protocols(offered, request)
  if (picked === undefined || offered.includes(picked)) return picked
  throw new TypeError(
    `the function given as protocols picked ${JSON.stringify(picked)}, which the client did not offer; ` +
      `it offered ${offered.join(', ')}`,
  )
}

/** Header fields above this number are not in `request.headers`, and nothing says so: what they hide must not matter. */
function fieldsKeptBy(server: Server | undefined): number {
  const { maxHeadersCount } = server ?? {}
  return maxHeadersCount === 0 ? Infinity : (maxHeadersCount ?? 1_000)
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
