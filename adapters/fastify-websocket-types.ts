import type {
  ContextConfigDefault,
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  preCloseAsyncHookHandler,
  preCloseHookHandler,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerBase,
  RawServerDefault,
  RequestGenericInterface,
  RouteGenericInterface,
} from 'fastify'
import type { AppOptions, RouteOptions as WsOptions } from '../src/adapter.ts'
import type { PluginServer, WebSocketServerOptions } from './fastify-websocket-server.ts'
import type { WebSocket } from './ws-socket.ts'

/** What a WebSocket route calls: with the open connection, and the request that has become it. `this` is the instance of the route. */
export type WebsocketHandler<
  RawServer extends RawServerBase = RawServerDefault,
  RawRequest extends RawRequestDefaultExpression<RawServer> = RawRequestDefaultExpression<RawServer>,
  RequestGeneric extends RequestGenericInterface = RequestGenericInterface,
  ContextConfig = ContextConfigDefault,
  SchemaCompiler extends FastifySchema = FastifySchema,
  TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
  Logger extends FastifyBaseLogger = FastifyBaseLogger,
> = (
  this: FastifyInstance,
  socket: WebSocket,
  request: FastifyRequest<RequestGeneric, RawServer, RawRequest, SchemaCompiler, TypeProvider, ContextConfig, Logger>,
) => unknown

export interface WebsocketPluginOptions {
  /** `ws`'s. They are read at each handshake. */
  readonly options?: WebSocketServerOptions
  /**
   * Is told what a handler, or a listener, throws or rejects with, and the 'error' events of sockets. It ends the connection, or leaves
   * it. @defaultValue logs it, and closes with 1011
   */
  readonly errorHandler?: (
    this: FastifyInstance,
    error: Error,
    socket: WebSocket,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => void
  /** Runs when the app closes, before the connections that are still open are told 1001. */
  readonly preClose?: preCloseHookHandler | preCloseAsyncHookHandler
  /** sockroute's own options, for all routes, or for the app (`maxTotalBytes`, ...); they are laid over what `options` say. */
  readonly ws?: AppOptions
}

/** What `injectWS` calls on the way, with its client. */
export interface InjectWSOption {
  /** Before the handshake: listeners that are added here miss nothing. */
  readonly onInit?: (socket: WebSocket) => void
  readonly onOpen?: (socket: WebSocket) => void
}

declare module 'fastify' {
  interface FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider> {
    /** Who is connected, and the options that are read at each handshake. */
    websocketServer: PluginServer

    /** A client over a connection in memory: `const socket = await app.injectWS('/chat', { headers })`. The app is ready. */
    injectWS(
      path?: string,
      upgradeContext?: { readonly headers?: Record<string, string | string[]> },
      options?: InjectWSOption,
    ): Promise<WebSocket>

    /** With `websocket: true` the handler is a WebSocket's. */
    route<
      RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
      ContextConfig = ContextConfigDefault,
      const SchemaCompiler extends FastifySchema = FastifySchema,
    >(
      options: Omit<
        RouteOptions<
          RawServer,
          RawRequest,
          RawReply,
          RouteGeneric,
          ContextConfig,
          SchemaCompiler,
          TypeProvider,
          Logger
        >,
        'handler' | 'websocket'
      > & {
        websocket: true
        handler: WebsocketHandler<
          RawServer,
          RawRequest,
          RouteGeneric,
          ContextConfig,
          SchemaCompiler,
          TypeProvider,
          Logger
        >
      },
    ): FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider>
  }

  interface FastifyRequest {
    /** Whether it asks for a WebSocket. */
    ws: boolean
  }

  interface RouteShorthandOptions {
    /** The route is for WebSockets: its handler is `(socket, request) => { ... }`. */
    websocket?: boolean
    /** sockroute's own options of a WebSocket route. */
    ws?: WsOptions
  }

  interface RouteShorthandMethod<
    RawServer extends RawServerBase = RawServerDefault,
    RawRequest extends RawRequestDefaultExpression<RawServer> = RawRequestDefaultExpression<RawServer>,
    RawReply extends RawReplyDefaultExpression<RawServer> = RawReplyDefaultExpression<RawServer>,
    TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
    Logger extends FastifyBaseLogger = FastifyBaseLogger,
  > {
    <
      RequestGeneric extends RequestGenericInterface = RequestGenericInterface,
      ContextConfig = ContextConfigDefault,
      SchemaCompiler extends FastifySchema = FastifySchema,
      InnerLogger extends Logger = Logger,
    >(
      path: string,
      options: RouteShorthandOptions<
        RawServer,
        RawRequest,
        RawReply,
        RequestGeneric,
        ContextConfig,
        SchemaCompiler,
        TypeProvider,
        InnerLogger
      > & { websocket: true },
      handler: WebsocketHandler<
        RawServer,
        RawRequest,
        RequestGeneric,
        ContextConfig,
        SchemaCompiler,
        TypeProvider,
        InnerLogger
      >,
    ): FastifyInstance<RawServer, RawRequest, RawReply, InnerLogger, TypeProvider>
    <
      RequestGeneric extends RequestGenericInterface = RequestGenericInterface,
      ContextConfig = ContextConfigDefault,
      SchemaCompiler extends FastifySchema = FastifySchema,
      InnerLogger extends Logger = Logger,
    >(
      path: string,
      options: RouteShorthandOptions<
        RawServer,
        RawRequest,
        RawReply,
        RequestGeneric,
        ContextConfig,
        SchemaCompiler,
        TypeProvider,
        InnerLogger
      > & {
        websocket: true
        handler: WebsocketHandler<
          RawServer,
          RawRequest,
          RequestGeneric,
          ContextConfig,
          SchemaCompiler,
          TypeProvider,
          InnerLogger
        >
      },
    ): FastifyInstance<RawServer, RawRequest, RawReply, InnerLogger, TypeProvider>
  }

  interface RouteOptions<
    RawServer extends RawServerBase = RawServerDefault,
    RawRequest extends RawRequestDefaultExpression<RawServer> = RawRequestDefaultExpression<RawServer>,
    RawReply extends RawReplyDefaultExpression<RawServer> = RawReplyDefaultExpression<RawServer>,
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    ContextConfig = ContextConfigDefault,
    SchemaCompiler extends FastifySchema = FastifySchema,
    TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
    Logger extends FastifyBaseLogger = FastifyBaseLogger,
  > {
    /** For WebSockets at the path whose `handler` is for HTTP. */
    wsHandler?: WebsocketHandler<
      RawServer,
      RawRequest,
      RouteGeneric,
      ContextConfig,
      SchemaCompiler,
      TypeProvider,
      Logger
    >
  }
}
