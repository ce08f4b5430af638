import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connection } from './connection.ts'
import type { RouteSettings } from './defaults.ts'
import { serverOf } from './handshake-socket.ts'
import { type AnyHttp2Server, acceptHttp2 } from './http2/accept.ts'
import { type Connections, Hub } from './hub.ts'
import type { LimitsHit } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { AppOptions, DrainOptions, RouteOptions } from './options.ts'
import type { MessageData } from './payload.ts'
import { serveAsPlainHttp } from './plain-http.ts'
import type { PreparedMessage } from './prepared.ts'
import { isWebSocketUpgrade } from './protocol/handshake.ts'
import { UNAVAILABLE, writeRefusal } from './refusal.ts'
import { carry } from './server-close.ts'
import { inherit, routeOptions } from './settings.ts'
import type { Published, PublishOptions, Topics } from './topics/topics.ts'
import { Upgrade } from './upgrade.ts'
import { type AppVerbs, checkHandler, close, reauthenticate } from './verbs.ts'
import type { Which } from './which.ts'

/** What a route of plain `node:http` may set. */
export interface NodeRouteOptions extends RouteOptions<IncomingMessage> {
  /**
   * Runs before the 101, with a real response: whatever it replies is the answer, and nothing is upgraded. `signal` is
   * aborted when the client leaves or the handshake's time is over.
   */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse, signal: AbortSignal) => unknown
  /** What metrics and diagnostics call this route, such as '/chat/:room'. @defaultValue '' */
  readonly route?: string
}

export type NodeHandler<Data = Record<string, unknown>> = (
  socket: Connection<Data>,
  request: IncomingMessage,
) => unknown

interface NodeRoute {
  readonly onRequest: NodeRouteOptions['onRequest']
  readonly settings: RouteSettings
  readonly route: string
}

const ACCEPT =
  'sockroute: without a framework there is no option http2: call ws.acceptHttp2(server) with a server of node:http2'

const NO_OPTIONS: NodeRouteOptions = {}

/** The WebSockets of one app without a framework. Made by `createWebSockets`. */
export class WebSockets implements AppVerbs {
  readonly topics: Topics
  readonly #hub: Hub
  readonly #routes = new WeakMap<NodeRouteOptions, NodeRoute>()

  constructor(options: AppOptions) {
    if ((options as AppOptions | null)?.http2 === true) throw new TypeError(ACCEPT) // null is told by what follows
    this.#hub = new Hub(options)
    this.topics = this.#hub.topics.view
  }

  /** The open connections. */
  get connections(): Connections {
    return this.#hub.connections
  }

  /**
   * Answers an upgrade request: to be called by a listener for a server's 'upgrade' event, with what that is given. A
   * request for something other than a WebSocket goes back to the server as plain HTTP.
   *
   *     server.on('upgrade', (request, socket, head) => {
   *       if (request.url === '/chat') ws.upgrade(request, socket, head, chat)
   *       else ws.refuse(request, socket, head)
   *     })
   *
   * @throws TypeError for an unknown option, a wrong value, or a handler that is none
   */
  upgrade<Data>(request: IncomingMessage, socket: Duplex, head: Buffer, handler: NodeHandler<Data>): void
  upgrade<Data>(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    options: NodeRouteOptions,
    handler: NodeHandler<Data>,
  ): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, ...rest: unknown[]): void {
    const handler = rest.pop()
    checkHandler(handler, 'upgrade()')
    const { onRequest, settings, route } = this.#routeOf((rest[0] ?? NO_OPTIONS) as NodeRouteOptions) // checked there
    this.#begin(request, socket, head, async (upgrade) => {
      const refusal = upgrade.check(settings, {
        host: request.headers.host,
        route,
        addressOf: () => request.socket.remoteAddress,
      })
      if (refusal !== undefined) return writeRefusal(upgrade.response, refusal)
      if (onRequest !== undefined) await onRequest(request, upgrade.response, upgrade.signal)
      if (!upgrade.isUndecided) return
      const late = upgrade.accept(handler as NodeHandler, request) // checked by checkHandler
      if (late !== undefined) return writeRefusal(upgrade.response, late)
      upgrade.response.end()
    })
  }

  /**
   * From here on `server` takes WebSockets over HTTP/2 as well: each is an 'upgrade' event of it, so that the listener which calls
   * `upgrade` serves both. RFC 8441
   *
   *     const server = createSecureServer({ key, cert, allowHTTP1: true }, respond)
   *     ws.acceptHttp2(server)
   *
   * @throws TypeError for what is no server of `node:http2`
   */
  acceptHttp2(server: AnyHttp2Server): void {
    acceptHttp2(server)
  }

  /** Refuses an upgrade request with an ordinary response. @param status 400 to 599 */
  refuse(request: IncomingMessage, socket: Duplex, head: Buffer, status = 404): void {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`refuse() takes a status from 400 to 599; got ${status}`)
    }
    const reason = STATUS_CODES[status] ?? 'Refused'
    this.#begin(request, socket, head, (upgrade) =>
      writeRefusal(upgrade.response, { ok: false, status, reason, headers: [] }),
    )
  }

  /** How often each limit was reached. */
  get limitsHit(): LimitsHit {
    return this.#hub.limitsHit
  }

  /** Counters and times of the app and of each of its routes, and what is now. */
  metrics(): Metrics {
    return this.#hub.metrics()
  }

  /** Sends a message to every socket that is subscribed to `topic`. Returns for how many of this process it was queued. */
  publish(topic: string, data: MessageData | PreparedMessage, options?: PublishOptions): number {
    return this.#hub.topics.publish(topic, data, options)
  }

  /** The same, and fulfils when the broker has taken it; rejects with a `BrokerError` when it has not. */
  publishConfirmed(topic: string, data: MessageData | PreparedMessage, options?: PublishOptions): Promise<Published> {
    return this.#hub.topics.publishConfirmed(topic, data, options)
  }

  /** Ends all connections, and takes no more. Fulfils when the last is gone. */
  close(): Promise<void>
  close(options: DrainOptions): Promise<void>
  /** Closes the sockets that are meant, and fulfils with how many of this process they were. */
  close<Data = Record<string, unknown>>(which: Which<Data>, code: number, reason?: string): Promise<number>
  close(...args: unknown[]): Promise<unknown> {
    return close(this.#hub, args)
  }

  /** Asks whether those that are meant may stay, or all. Fulfils with how many may not. */
  reauthenticate<Data = Record<string, unknown>>(which?: Which<Data>): Promise<number>
  reauthenticate(...args: unknown[]): Promise<number> {
    return reauthenticate(this.#hub, args)
  }

  /** Options are checked when they are first seen. */
  #routeOf(options: NodeRouteOptions): NodeRoute {
    const known = this.#routes.get(options)
    if (known !== undefined) return known
    const { onRequest, route: name = '', ...rest } = options
    if (onRequest !== undefined) checkHandler(onRequest, 'the option onRequest')
    if (typeof name !== 'string') {
      throw new TypeError(
        `sockroute: the option route takes the route's name, such as '/chat/:room'; got ${typeof name}`,
      )
    }
    const route = { onRequest, settings: inherit(this.#hub.settings, routeOptions(rest)), route: name }
    this.#routes.set(options, route)
    return route
  }

  #begin(request: IncomingMessage, socket: Duplex, head: Buffer, route: (upgrade: Upgrade) => unknown): void {
    const server = serverOf(request.socket)
    if (server !== undefined) carry(server, this.#hub)
    if (!isWebSocketUpgrade(request) && server !== undefined) {
      serveAsPlainHttp(server, request, socket, head)
      return
    }
    const upgrade = new Upgrade(this.#hub, new ServerResponse(request), socket, head)
    upgrade.begin(() => (upgrade.enter(this.#hub) ? route(upgrade) : writeRefusal(upgrade.response, UNAVAILABLE)))
  }
}

/**
 * WebSockets for a server of `node:http`, without a framework.
 * @throws TypeError for an unknown option or a wrong value
 */
export function createWebSockets(options: AppOptions<IncomingMessage> = {}): WebSockets {
  return new WebSockets(options)
}
