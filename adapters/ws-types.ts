/** The names that `@types/ws` gives to what its classes take and call: code that is typed with them compiles here. */
import type { IncomingMessage, OutgoingHttpHeaders, Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { ZlibOptions } from 'node:zlib'
import type { AppOptions, RouteOptions } from '../src/adapter.ts'
import type { ClientOptions as OwnClientOptions } from '../src/client/index.ts'
import type { WebSocket } from './ws-socket.ts'

/** What a 'message' listener gets: a Buffer, or with `binaryType: 'arraybuffer'` an ArrayBuffer. */
export type RawData = Buffer | ArrayBuffer | Buffer[]
/** What the `data` of a browser-style message event is. */
export type Data = string | RawData

/** The events of `onmessage` and its like, as wide as `@types/ws` has them. */
export interface Event {
  readonly type: string
  readonly target: unknown
}

export interface MessageEvent extends Event {
  readonly data: Data
}

export interface CloseEvent extends Event {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

export interface ErrorEvent extends Event {
  readonly error: unknown
  readonly message: string
}

export interface WebSocketEventMap {
  open: Event
  message: MessageEvent
  close: CloseEvent
  error: ErrorEvent
}

export type EventListener<Name extends keyof WebSocketEventMap> =
  | ((event: WebSocketEventMap[Name]) => void)
  | { handleEvent(event: WebSocketEventMap[Name]): void }

export interface AddressInfo {
  address: string
  family: string
  port: number
}

/** What `verifyClient` is told. */
export interface VerifyInfo<Request extends IncomingMessage = IncomingMessage> {
  /** The Origin header, if there is one: browsers send it, and nobody else has to. */
  origin: string
  /** Over TLS. */
  secure: boolean
  req: Request
}

/** Says whether the handshake is accepted. */
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (
  info: VerifyInfo<Request>,
) => boolean

/** The same, later: `code` is the status of the refusal, `message` its body. */
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: VerifyInfo<Request>,
  callback: (accepted: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
) => void

/**
 * permessage-deflate, with `ws`'s names. Of the two directions' parameters the stricter one holds for both; what is left out of
 * this list has no meaning here, and is accepted: messages are compressed in turns on this thread. RFC 7692
 */
export interface PerMessageDeflateOptions {
  /** @defaultValue false */
  serverNoContextTakeover?: boolean | undefined
  /** @defaultValue false */
  clientNoContextTakeover?: boolean | undefined
  /** 8 to 15; 8 counts as 9. @defaultValue 15 */
  serverMaxWindowBits?: number | undefined
  /** 8 to 15; 8 counts as 9. @defaultValue 15 */
  clientMaxWindowBits?: number | undefined
  /** Of these `level` counts, from 1 to 9. */
  zlibDeflateOptions?:
    | { level?: number | undefined; memLevel?: number | undefined; [other: string]: unknown }
    | undefined
  zlibInflateOptions?: ZlibOptions | undefined
  /** Shorter messages go out as they are, in bytes. @defaultValue 1_024 */
  threshold?: number | undefined
  concurrencyLimit?: number | undefined
}

/** Options of ours that `ws` has no name for. */
type OwnOptions = Omit<
  RouteOptions,
  'maxMessageBytes' | 'maxFragments' | 'closeTimeoutMs' | 'protocols' | 'compression'
> &
  Pick<AppOptions, 'clock' | 'logger'> & {
    /**
     * What all connections together may hold: unfinished and unread messages, and unsent bytes. Over it the one that holds most is
     * closed with 1013, or terminated. @defaultValue half of what the machine, or its container, has
     */
    readonly maxTotalBytes?: number | 'unlimited'
  }

/** What `new WebSocketServer(options)` takes: `ws`'s options, and ours where it has none. They are read at each handshake. */
export interface ServerOptions<
  Socket extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends OwnOptions {
  /** Listen there, on a server of its own. One of `port`, `server` and `noServer` is needed. */
  port?: number | undefined
  host?: string | undefined
  /** Connections that the system keeps waiting. @defaultValue Node's (511) */
  backlog?: number | undefined
  /** Take the upgrades of this server; several may share one, each with its `path`. */
  server?: Server<Request> | TlsServer<Request> | undefined
  /** Upgrades come by `handleUpgrade`. @defaultValue false */
  noServer?: boolean | undefined
  /** Other paths are refused with 400, or left to others on the same server. */
  path?: string | undefined
  /** Keep the open sockets in `clients`. @defaultValue true */
  clientTracking?: boolean | undefined
  /** Bytes of a message, after inflating; 0 is no limit. A longer one closes with 1009. @defaultValue 104_857_600 (100 MiB) */
  maxPayload?: number | undefined
  /** Fragments of a message; 0 is no limit. @defaultValue 16_384 */
  maxFragments?: number | undefined
  /** How long the peer has to answer our close frame, in milliseconds. @defaultValue 30_000 */
  closeTimeout?: number | undefined
  /** @defaultValue false */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined
  /** Picks one of the subprotocols that were offered, or false. @defaultValue the first */
  handleProtocols?: ((protocols: Set<string>, request: InstanceType<Request>) => string | false) | undefined
  verifyClient?:
    | VerifyClientCallbackSync<InstanceType<Request>>
    | VerifyClientCallbackAsync<InstanceType<Request>>
    | undefined
  /** The class of the sockets: ours, or one that extends it. */
  WebSocket?: Socket | undefined
  /** No meaning here: events are never put off. */
  allowSynchronousEvents?: boolean | undefined
  /** No meaning here: pings are always answered. */
  autoPong?: boolean | undefined
  /** No meaning here: of the answers that wait, only the newest is kept. */
  maxPendingAutoPongs?: number | undefined
  /** No meaning here: text is always UTF-8. */
  skipUTF8Validation?: boolean | undefined
  /** No meaning here: a frame is never kept as a list of chunks. */
  maxBufferedChunks?: number | undefined
}

/** What `new WebSocket(url, options)` takes: `ws`'s options, and those of `sockroute/client` where it has none. */
export interface ClientOptions
  extends Omit<
    OwnClientOptions,
    'maxMessageBytes' | 'maxFragments' | 'closeTimeoutMs' | 'handshakeTimeoutMs' | 'compression'
  > {
  /** Offered unless it is false. @defaultValue true */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined
  /** As the server's. @defaultValue 104_857_600 (100 MiB) */
  maxPayload?: number | undefined
  /** As the server's. @defaultValue 16_384 */
  maxFragments?: number | undefined
  /** How long the server has to answer our close frame, in milliseconds. @defaultValue 30_000 */
  closeTimeout?: number | undefined
  /** How long the handshake may take, in milliseconds. @defaultValue 30_000 */
  handshakeTimeout?: number | undefined
  /** Only 13 is spoken. */
  protocolVersion?: number | undefined
  /** No meaning here, as those of the server that have none. */
  generateMask?: ((mask: Buffer) => void) | undefined
  allowSynchronousEvents?: boolean | undefined
  autoPong?: boolean | undefined
  maxPendingAutoPongs?: number | undefined
  skipUTF8Validation?: boolean | undefined
  maxBufferedChunks?: number | undefined
}
