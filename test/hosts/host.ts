/** What the shared suite needs of a host: an app in words that every framework understands. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AppOptions, Connection, RouteOptions } from '../../src/index.ts'
import type { AppVerbs } from '../../src/verbs.ts'

/** A request on its way to the 101, as every host's hooks see it. */
export interface Exchange {
  /** `handshakeSignal` of the framework's request. */
  readonly signal: AbortSignal
  readonly raw: IncomingMessage
  reply(status: number, body?: string | object, headers?: Record<string, string>): void
  setHeader(name: string, value: string): void
  /** Without a reply. */
  setStatus(status: number): void
  /** The response waits on its way, as for a session that is being saved. */
  hold(): void
}

/** Replies, throws, returns a promise; or returns, and lets the request pass. */
export type Hook = (exchange: Exchange) => unknown

export type Handler = (socket: Connection, request: unknown) => unknown

export interface RouteSpec {
  readonly options?: RouteOptions
  readonly hooks?: readonly Hook[]
  readonly handler: Handler
}

/**
 * Besides its WebSocket routes every app has `GET /http` ("over http"), `POST /http`, which echoes its body, and
 * `GET /both`, which answers the same path over HTTP as the WebSocket route of that name.
 */
export interface AppSpec {
  readonly routes: Readonly<Record<string, RouteSpec | Handler>>
  readonly options?: AppOptions
  /** All of them, or those that are so near. */
  readonly trustProxy?: boolean | ((address: string, hop: number) => boolean)
  /** Over HTTP/2: with TLS, and HTTP/1.1 on the same port. */
  readonly isSecure?: boolean
  /** Called with the server before anything of ours is on it. */
  readonly onServer?: (server: Server) => void
  /** The framework's error handler: what it replies with. Without it, the framework's own. */
  readonly errorReply?: (error: unknown) => readonly [status: number, body: string]
}

export interface HostedApp {
  readonly server: Server
  readonly ws: AppVerbs
  /** As the users of this host end their app. */
  close(): Promise<unknown>
}

export interface Host {
  readonly name: string
  /** Routing, error handlers and proxies are a framework's; plain `node:http` has none of them. */
  readonly isFramework: boolean
  start(spec: AppSpec): Promise<HostedApp>
}

/** Routes in one form. */
export function routesOf(spec: AppSpec): [path: string, route: RouteSpec][] {
  return Object.entries(spec.routes).map(([path, route]) => [
    path,
    typeof route === 'function' ? { handler: route } : route,
  ])
}

/** Sends back what comes. */
export const echo: Handler = (socket) => {
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary })
  })
}

/** The sockets that a server accepts from now on. */
export function accepted(server: Server): Socket[] {
  const sockets: Socket[] = []
  server.on('connection', (socket) => sockets.push(socket))
  return sockets
}

/** As the middleware of a session store does it: the end of a response waits until the session is saved. */
export function holdEnd(response: ServerResponse, isSaved: Promise<void> = new Promise(setImmediate)): void {
  const { end } = response
  response.end = ((...args: never[]) => {
    void isSaved.then(() => Reflect.apply(end, response, args))
    return response
  }) as typeof end
}
