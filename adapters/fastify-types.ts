import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  FastifySchema,
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerBase,
  RawServerDefault,
  RouteGenericInterface,
  RouteShorthandOptions,
} from 'fastify'
import type { AppVerbs, Connection, RouteOptions } from '../src/adapter.ts'

/** Parameters by name, from the literal of a path: `'/chat/:room'` gives `{ room: string }`. */
export type ParamsOf<Path extends string> = string extends Path
  ? Record<string, string>
  : { [Name in NamesIn<Path>]: string }

type NamesIn<Path extends string> = Path extends `${infer Head}/${infer Tail}`
  ? NameIn<Head> | NamesIn<Tail>
  : NameIn<Path>
type NameIn<Segment extends string> = Segment extends '*'
  ? '*'
  : Segment extends `${string}:${infer Name}:${infer More}`
    ? Bare<Name> | NameIn<`:${More}`>
    : Segment extends `${string}:${infer Name}`
      ? Bare<Name>
      : never
/** Without what may follow a name: another parameter, an expression, a question mark. */
type Bare<Name extends string> = Name extends `${infer Head}${'(' | '-' | '.' | '?' | ':'}${string}` ? Bare<Head> : Name

/** A schema for params says what they are; else the path does. */
type RouteGenericOf<Path extends string, Schema> = Schema extends { params: unknown }
  ? RouteGenericInterface
  : { Params: ParamsOf<Path> }

/** What a WebSocket route calls: with the open connection, and the request that has become it. */
export type FastifyHandler<Request = FastifyRequest, Data = Record<string, unknown>> = (
  socket: Connection<Data>,
  request: Request,
) => unknown

/** Fastify's own route options (hooks, schema, config, ...), and ours under `ws`. */
export type WsRouteOptions<Options = RouteShorthandOptions> = Options & { readonly ws?: RouteOptions<FastifyRequest> }

/** `ws(path, options?, handler)`, beside `get(path, options?, handler)`. */
export interface WsRoutes<
  RawServer extends RawServerBase = RawServerDefault,
  RawRequest extends RawRequestDefaultExpression<RawServer> = RawRequestDefaultExpression<RawServer>,
  RawReply extends RawReplyDefaultExpression<RawServer> = RawReplyDefaultExpression<RawServer>,
  Logger extends FastifyBaseLogger = FastifyBaseLogger,
  TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
> extends AppVerbs {
  <const Path extends string, Data = Record<string, unknown>>(
    path: Path,
    handler: FastifyHandler<
      FastifyRequest<{ Params: ParamsOf<Path> }, RawServer, RawRequest, FastifySchema, TypeProvider, unknown, Logger>,
      Data
    >,
  ): FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider>
  <const Path extends string, const Schema extends FastifySchema = FastifySchema, Data = Record<string, unknown>>(
    path: Path,
    options: WsRouteOptions<
      RouteShorthandOptions<
        RawServer,
        RawRequest,
        RawReply,
        RouteGenericOf<Path, Schema>,
        unknown,
        Schema,
        TypeProvider,
        Logger
      >
    >,
    handler: FastifyHandler<
      FastifyRequest<RouteGenericOf<Path, Schema>, RawServer, RawRequest, Schema, TypeProvider, unknown, Logger>,
      Data
    >,
  ): FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider>
}

declare module 'fastify' {
  interface FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider> {
    /**
     * Declares a WebSocket route. It is there once `await app.register(wsPlugin)` has run: without the await it is
     * undefined at this point, and `app.ws(...)` throws.
     */
    ws: WsRoutes<RawServer, RawRequest, RawReply, Logger, TypeProvider>
  }
}
