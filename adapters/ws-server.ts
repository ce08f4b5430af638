import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Connection, Hub } from '../src/adapter.ts'
import { ServerEmitter } from './ws-emitter.ts'
import { Handshake, type HandshakeApp, type HandshakeServer } from './ws-handshake.ts'
import { appOptionsOf, checkSource, Settings, WS_DEFAULTS, warnOfUnknown } from './ws-options.ts'
import { type Sharer, Sharing } from './ws-sharing.ts'
import { checkClass, WebSocket } from './ws-socket.ts'
import type { AddressInfo, ServerOptions } from './ws-types.ts'

/** The events of a server, as `ws` has them. */
interface ServerEvents<Socket, Request> {
  /** A handshake has succeeded; what else a program emits with it comes behind. What a listener throws, or rejects with, closes this one socket with 1011. */
  connection: [socket: Socket, request: Request, ...own: never[]]
  /** The lines of the 101 before they go out: they may be changed, and others added. */
  headers: [lines: string[], request: Request]
  /** A handshake was wrong. Whoever listens answers on `socket`, or destroys it; after `handshakeTimeoutMs` it is destroyed. */
  wsClientError: [error: Error, socket: Duplex, request: Request]
  listening: []
  error: [error: Error]
  /** `close()` has done its work. */
  close: []
}

/** So long another 'upgrade' listener has to begin its answer. */
const LEFT_TO_OTHERS_MS = 10_000

type State = 'running' | 'closing' | 'closed'

/**
 * `ws`'s server over our core: what a program written for `ws` 8 relies on holds, and what differs is in docs/ws.md.
 *
 *     const server = new WebSocketServer({ port: 8080 })
 *     server.on('connection', (socket, request) => { ... })
 *
 * There is no check of origins, as in `ws`: give `origins`, or `verifyClient`, where browsers connect with cookies.
 */
export class WebSocketServer<
  Socket extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends ServerEmitter<ServerEvents<InstanceType<Socket>, InstanceType<Request>>> {
  /** Read at each handshake. Its type leaves the class of the sockets out, so that what is typed with `ws` takes this server. */
  options: Omit<ServerOptions<Socket, Request>, 'WebSocket'>
  /** The open sockets; not there with `clientTracking: false`. */
  declare clients: Set<InstanceType<Socket>>
  readonly #hub: Hub
  readonly #app: HandshakeApp
  #server: Server | undefined = undefined
  #state: State = 'running'
  #isClosingWithLast = false
  #leave: () => void = () => undefined

  /**
   * @param listening called when a server of its own (`port`) listens
   * @throws TypeError for a wrong value, or unless it is one of `port`, `server` and `noServer` that is given
   */
  constructor(options: ServerOptions<Socket, Request> = {}, listening?: () => void) {
    super({ captureRejections: true })
    checkSource(options)
    checkClass(options.WebSocket)
    warnOfUnknown(options)
    const all = { ...WS_DEFAULTS, ...options }
    this.options = { ...all, perMessageDeflate: all.perMessageDeflate === true ? {} : all.perMessageDeflate }
    this.#hub = new Hub(appOptionsOf(all as ServerOptions))
    this.#app = this.#makeApp()
    if (all.clientTracking) this.clients = new Set()
    if (all.port !== undefined && all.port !== null) this.#listen(this.options, listening)
    else if (all.server) this.#attach(all.server as Server)
  }

  /** Where its sockets connect; '' for everywhere. */
  get path(): string {
    return this.options.path ?? ''
  }

  /** Where it listens. @throws Error with `noServer` */
  address(): AddressInfo | string | null {
    if (this.options.noServer)
      throw new Error(`with noServer it has no address: ask the server whose upgrades it is given`)
    return this.#server?.address() ?? null
  }

  /**
   * Takes no more sockets. Those that are open stay: close them, and 'close' follows the last; without `clientTracking` it
   * follows at once. A server of its own (`port`) is closed as well.
   * @param callback called with an Error when it was closed before
   */
  close(callback?: (error?: Error) => void): void {
    if (this.#state === 'closed') {
      if (callback) this.once('close', () => callback(new Error('this server is closed already')))
      process.nextTick(() => this.#closed())
      return
    }
    if (callback) this.once('close', callback)
    if (this.#state === 'closing') return
    this.#state = 'closing'
    this.#leave()
    const server = this.#server
    this.#server = undefined
    if (server !== undefined && !this.options.server) server.close(() => this.#closed())
    else if (this.clients?.size > 0) this.#isClosingWithLast = true
    else process.nextTick(() => this.#closed())
  }

  /** Whether a request is for this server: by its path. May be overridden, or assigned to; an answer that comes later takes it from others. */
  shouldHandle(request: InstanceType<Request>): boolean | Promise<boolean> {
    const { path } = this.options
    return !path || request.url?.split('?', 1)[0] === path
  }

  /**
   * Takes an upgrade request, with what an 'upgrade' listener is given. `callback` is called in the same turn, unless
   * `verifyClient` takes longer or an earlier request on the socket waits for its response.
   * @throws Error for a socket that is a WebSocket already
   */
  handleUpgrade(
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: (client: InstanceType<Socket>, request: InstanceType<Request>) => unknown,
  ): void {
    const opened = (client: WebSocket): unknown => {
      this.track(client as InstanceType<Socket>) // made by `options.WebSocket`
      return callback(client as InstanceType<Socket>, request)
    }
    new Handshake(this as HandshakeServer, this.#app, { request, socket, head, opened }).begin()
  }

  /** A listener's promise was rejected: that is its socket's affair, as what a listener throws. */
  override [EventEmitter.captureRejectionSymbol](error: Error, event: unknown, ...args: unknown[]): void {
    const [socket] = args
    if (event === 'connection' && socket instanceof WebSocket) this.#hub.onHandlerError(error, socket as Connection)
    else this.#hub.log('error', { err: error }, `sockroute: a listener for '${String(event)}' failed`)
  }

  #makeApp(): HandshakeApp {
    const settings = new Settings(this.#hub)
    settings.of(this.options as ServerOptions) // checked where they were written
    return {
      hub: this.#hub,
      settings: () => settings.of(this.options as ServerOptions),
      isRunning: () => this.#state === 'running',
    }
  }

  /** A server of its own, which speaks nothing else. */
  #listen({ port, host, backlog }: ServerOptions<Socket, Request>, listening: (() => void) | undefined): void {
    const server = createServer((_request, response) => {
      response.statusCode = 426
      response.setHeader('Content-Type', 'text/plain')
      response.setHeader('Upgrade', 'websocket').setHeader('Connection', 'close, Upgrade') // RFC 9110 §15.5.22
      response.end(STATUS_CODES[426])
    })
    server.listen(Number(port), host ?? undefined, backlog ?? undefined, listening)
    this.#attach(server)
  }

  #attach(server: Server): void {
    const onListening = (): unknown => this.emit('listening')
    const onError = (error: Error): unknown => this.emit('error', error)
    const sharer: Sharer = {
      shouldHandle: (request) => this.shouldHandle(request as InstanceType<Request>),
      take: (request, socket, head) => this.#take(request as InstanceType<Request>, socket, head),
      later: (task) => void this.#hub.clock.setTimeout(task, LEFT_TO_OTHERS_MS),
    }
    server.on('listening', onListening).on('error', onError)
    Sharing.of(server).join(sharer)
    this.#server = server
    this.#leave = () => {
      server.off('listening', onListening).off('error', onError)
      Sharing.of(server).leave(sharer)
    }
  }

  #take(request: InstanceType<Request>, socket: Duplex, head: Buffer): void {
    this.handleUpgrade(request, socket, head, (client) => void this.emit('connection', client, request))
  }

  /** From now on it is one of `clients`, until it closes. */
  protected track(client: InstanceType<Socket>): void {
    const { clients } = this
    if (clients === undefined) return
    clients.add(client)
    client.on('close', () => {
      clients.delete(client)
      if (this.#isClosingWithLast && clients.size === 0) process.nextTick(() => this.#closed())
    })
  }

  #closed(): void {
    this.#state = 'closed'
    this.emit('close')
  }
}
