import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  attempt,
  FAILED,
  type Hub,
  isThenable,
  type Refusal,
  type RouteSettings,
  UNAVAILABLE,
  Upgrade,
  writeRefusal,
} from '../src/adapter.ts'
import { requireLine } from './ws-line.ts'
import { WebSocket } from './ws-socket.ts'
import type { ServerOptions } from './ws-types.ts'
import { type Verdict, verify } from './ws-verify.ts'

/** Who is asked, and told: a `WebSocketServer`, as its users and heirs see it. */
export interface HandshakeServer {
  readonly options: ServerOptions
  shouldHandle(request: IncomingMessage): unknown
  listenerCount(event: 'wsClientError'): number
  emit(event: 'headers', lines: string[], request: IncomingMessage): boolean
  emit(event: 'wsClientError', error: Error, socket: Duplex, request: IncomingMessage): boolean
}

/** The inside of that server. */
export interface HandshakeApp {
  readonly hub: Hub
  /** As the server's options are now. */
  settings(): RouteSettings
  isRunning(): boolean
}

/** What `handleUpgrade` is given. */
export interface Incoming {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  /** Called with the open socket. */
  opened(socket: WebSocket): unknown
}

const TWICE = 'handleUpgrade() was called again with a socket that is a WebSocket already: one server takes an upgrade'
const LISTENER_FAILED = "sockroute: a 'wsClientError' listener failed; its socket is destroyed"

/** Sockets that have become WebSockets. */
const taken = new WeakSet<Duplex>()

/** One opening handshake, decided by `ws`'s hooks. What they throw is this handshake's end, and no other's. */
export class Handshake {
  readonly #server: HandshakeServer
  readonly #app: HandshakeApp
  readonly #socket: Duplex
  readonly #upgrade: Upgrade
  readonly #opened: Incoming['opened']

  /** @throws Error for a socket that is a WebSocket already */
  constructor(server: HandshakeServer, app: HandshakeApp, { request, socket, head, opened }: Incoming) {
    requireFresh(socket)
    this.#server = server
    this.#app = app
    this.#socket = socket
    this.#upgrade = new Upgrade(app.hub, new ServerResponse(request), socket, head)
    this.#opened = opened
  }

  begin(): void {
    this.#upgrade.begin(() => this.#check())
  }

  #check(): unknown {
    if (taken.has(this.#socket)) return this.#giveUp()
    const { request } = this.#upgrade
    const refusal = this.#upgrade.check(this.#app.settings(), {
      host: request.headers.host,
      route: this.#route,
      addressOf: () => request.socket.remoteAddress,
    })
    if (refusal !== undefined) return this.#reject(refusal)
    const isOurs = this.#server.shouldHandle(request)
    if (!isThenable(isOurs)) return this.#handled(isOurs)
    return isOurs.then((value) => this.#decided(() => this.#handled(value)))
  }

  /** The path that the server is for, where it is asked for; else nothing, since clients may ask for whatever they like. */
  get #route(): string {
    const path = this.#server.options.path ?? ''
    return this.#upgrade.request.url?.split('?', 1)[0] === path ? path : ''
  }

  /** It has waited for its turn, and the one before it has become a WebSocket, on which there is nothing to reply. */
  #giveUp(): void {
    this.#upgrade.release()
    this.#app.hub.log(
      'error',
      { err: new Error(TWICE) },
      'sockroute: a handshake was begun twice; the first has its socket',
    )
  }

  #handled(isOurs: unknown): unknown {
    return isOurs ? this.#verify() : this.#reply({ status: 400 })
  }

  /** Against the protocol: a listener may have the socket instead. */
  #reject(refusal: Refusal): void {
    if (this.#server.listenerCount('wsClientError') === 0) writeRefusal(this.#upgrade.response, refusal)
    else this.#giveAway(this.#upgrade.release(), refusal)
  }

  #giveAway(socket: Duplex, { reason }: Refusal): void {
    this.#limit(socket)
    attempt(
      () => this.#server.emit('wsClientError', new Error(reason), socket, this.#upgrade.request),
      (error) => {
        this.#app.hub.log('error', { err: error }, LISTENER_FAILED)
        socket.destroy()
      },
    )
  }

  /** Its listener may leave it as it is, and nobody reads from it: not even that the client leaves would be noticed. */
  #limit(socket: Duplex): void {
    const { handshakeTimeoutMs } = this.#app.settings()
    if (handshakeTimeoutMs === Infinity) return
    const timer = this.#app.hub.clock.setTimeout(() => socket.destroy(), handshakeTimeoutMs)
    socket.once('close', () => timer.cancel())
  }

  #verify(): unknown {
    return verify(this.#server.options, this.#upgrade.request, (refusal) =>
      this.#decided(() => (refusal === undefined ? this.#complete() : this.#reply(refusal))),
    )
  }

  /** Perhaps much later, and in a user's code: the client may have left, and what fails is not the caller's. */
  #decided(task: () => unknown): void {
    if (this.#socket.readableEnded) this.#socket.destroy()
    if (!this.#upgrade.isUnanswered || this.#socket.destroyed) return
    attempt(task, (error) => {
      if (this.#upgrade.fail(error)) return
      this.#app.hub.log('error', { err: error }, 'sockroute: a handshake failed; it is answered with 500')
      if (!this.#upgrade.response.headersSent) writeRefusal(this.#upgrade.response, FAILED)
    })
  }

  #complete(): void {
    const { WebSocket: Socket = WebSocket } = this.#server.options
    const socket = new Socket(null, undefined, this.#server.options)
    const { request, response } = this.#upgrade
    const refusal = this.#app.isRunning()
      ? this.#upgrade.accept(() => this.#opened(socket), request, socket)
      : UNAVAILABLE
    if (refusal === undefined) this.#open(socket)
    else writeRefusal(response, refusal)
  }

  #open(socket: WebSocket): void {
    const headers = this.#upgrade.onHead(101).map(([name, value]) => `${name}: ${value}`)
    const lines = [`HTTP/1.1 101 ${STATUS_CODES[101]}`, ...headers]
    this.#server.emit('headers', lines, this.#upgrade.request)
    lines.forEach(requireLine)
    taken.add(this.#socket)
    socket._socket = this.#socket
    this.#upgrade.openNow(lines)
  }

  #reply({ status, body = STATUS_CODES[status], headers = {} }: Verdict): void {
    const { response } = this.#upgrade
    response.statusCode = status
    const all = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff', ...headers }
    for (const [name, value] of Object.entries(all)) if (value !== undefined) response.setHeader(name, value)
    response.end(body)
  }
}

function requireFresh(socket: Duplex): void {
  if (!taken.has(socket)) return
  throw new Error(TWICE)
}
