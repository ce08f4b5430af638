import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import type { RouteOptions } from '../src/adapter.ts'
import type { FastifyHandler } from './fastify-types.ts'
import type { PluginServer } from './fastify-websocket-server.ts'
import type { WebsocketHandler, WebsocketPluginOptions } from './fastify-websocket-types.ts'
import { WebSocket } from './ws-socket.ts'

type OnError = (error: unknown, socket: WebSocket, request: FastifyRequest) => void
type ErrorHandler = NonNullable<WebsocketPluginOptions['errorHandler']>

/** How a handshake becomes a client of `websocketServer`, and whom its errors are told. */
export class Admission {
  readonly #server: PluginServer
  readonly #errorHandler: ErrorHandler | undefined
  /** Of handshakes, and of connections that are open. */
  readonly #replies = new WeakMap<FastifyRequest, FastifyReply>()

  constructor(server: PluginServer, errorHandler: ErrorHandler | undefined) {
    this.#server = server
    this.#errorHandler = errorHandler
  }

  /** The last hook of a route: what `options` and listeners of `websocketServer` say comes behind all others. */
  readonly decide: preHandlerAsyncHookHandler = async (request, reply) => {
    const refusal = await this.#server.decide(request.raw)
    if (refusal !== undefined) {
      const { status, body = STATUS_CODES[status], headers = {} } = refusal
      return reply.code(status).type('text/plain').headers(headers).send(body)
    }
    for (const [name, value] of this.#server.headersFor(request.raw)) reply.header(name, value)
    this.#replies.set(request, reply)
  }

  /** `ws`'s class, for programs that know its sockets. */
  readonly make = ({ socket: transport }: IncomingMessage): WebSocket => {
    const socket = new WebSocket(null)
    socket._socket = transport
    return socket
  }

  handlerFor(instance: FastifyInstance, handler: WebsocketHandler): FastifyHandler {
    return (connection, request) => {
      const socket = connection as WebSocket // made by `make`
      this.#server.admit(socket, request.raw)
      const errorHandler = this.#errorHandlerFor(instance)
      if (errorHandler !== undefined) socket.on('error', (error) => errorHandler(error, socket, request))
      return Reflect.apply(handler, instance, [socket, request])
    }
  }

  /** What the route's connections are opened with. */
  optionsFor(instance: FastifyInstance): RouteOptions {
    return { onError: this.#errorHandlerFor(instance) as RouteOptions['onError'] }
  }

  #errorHandlerFor(instance: FastifyInstance): OnError | undefined {
    const errorHandler = this.#errorHandler
    if (errorHandler === undefined) return undefined
    return (error, socket, request) => {
      const reply = this.#replies.get(request) as FastifyReply // `decide` has seen it
      return errorHandler.call(instance, error as Error, socket, request, reply)
    }
  }
}
