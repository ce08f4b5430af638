import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorRequestHandler, Request, RequestHandler } from 'express'
import type { PathParams, RouteParameters } from 'express-serve-static-core'
import type { AppVerbs, Connection, RouteOptions } from '../src/adapter.ts'

/** What a WebSocket route calls: with the open connection, and the request that has become it. */
export type ExpressHandler<Params = Record<string, string>, Data = Record<string, unknown>> = (
  socket: Connection<Data>,
  request: Request<Params>,
) => unknown

/** Ordinary Express middleware, also for errors, and in lists. */
type AnyMiddleware<Params> = RequestHandler<Params> | ErrorRequestHandler<Params> | readonly RequestHandler<Params>[]

type ParamsOf<Path> = Path extends string ? RouteParameters<Path> : Record<string, string>

/** `ws(path, options?, ...middleware, handler)`, beside `get(path, ...middleware, handler)`. */
export interface WsRoutes<Router> {
  <const Path extends PathParams, Data = Record<string, unknown>>(
    path: Path,
    ...rest: WsArguments<Path, Data, RequestHandler<ParamsOf<Path>>>
  ): Router
  <const Path extends PathParams, Data = Record<string, unknown>>(
    path: Path,
    options: RouteOptions<Request>,
    ...rest: WsArguments<Path, Data, RequestHandler<ParamsOf<Path>>>
  ): Router
  <const Path extends PathParams, Data = Record<string, unknown>>(
    path: Path,
    ...rest: WsArguments<Path, Data, AnyMiddleware<ParamsOf<Path>>>
  ): Router
  <const Path extends PathParams, Data = Record<string, unknown>>(
    path: Path,
    options: RouteOptions<Request>,
    ...rest: WsArguments<Path, Data, AnyMiddleware<ParamsOf<Path>>>
  ): Router
}

type WsArguments<Path, Data, Middleware> = [...middleware: Middleware[], handler: ExpressHandler<ParamsOf<Path>, Data>]

/** An Express router with WebSocket routes. */
export type WithWs<Router> = Router & { readonly ws: WsRoutes<WithWs<Router>> }
/** An Express app with WebSocket routes: `app.ws` also has the verbs for all its connections. */
export type AppWithWs<App> = App & { readonly ws: WsRoutes<AppWithWs<App>> & AppVerbs }

/** What Express 4's and 5's routers have in common, as far as it is needed here. */
export interface AnyRouter {
  get(path: PathParams, ...handlers: unknown[]): unknown
  handle(request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): unknown
  readonly stack?: Layer[]
  readonly _router?: { readonly stack: Layer[] }
  readonly router?: { readonly stack: Layer[] }
}

/** What a router has on its stack. */
export interface Layer {
  readonly route?: { readonly methods: Record<string, boolean>; readonly stack: { readonly handle: unknown }[] }
  match(path: string): boolean
}
