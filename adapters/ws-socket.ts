import type { Duplex } from 'node:stream'
import type { MessageData, PreparedMessage, SendCallback, SendOptions } from '../src/adapter.ts'
import { WebSocket as ClientWebSocket } from '../src/client/index.ts'
import { clientOptionsOf } from './ws-client-options.ts'
import { FrameSender } from './ws-frames.ts'
import type { WebSocketServer } from './ws-server.ts'
import type { createWebSocketStream } from './ws-stream.ts'
import type * as types from './ws-types.ts'

type ClientOptions = types.ClientOptions

/**
 * What `ws` sends: a number as its text, a list of numbers as bytes; and, not named in its types, nothing as an empty message.
 * Lists of Buffers are in its types, since programs send on what a 'message' listener is given.
 */
type Sendable = MessageData | number | readonly number[] | readonly Buffer[]

/** As `@types/ws` has it. */
type Sent = (error?: Error) => void

/**
 * The socket of a `WebSocketServer`, and with a URL a client: `ws`'s class, which is that of `sockroute/client` with what
 * programs written for `ws` use besides.
 */
export class WebSocket extends ClientWebSocket {
  declare static WebSocket: typeof WebSocket
  declare static WebSocketServer: typeof WebSocketServer
  declare static Server: typeof WebSocketServer
  declare static createWebSocketStream: typeof createWebSocketStream
  /** The transport; null before there is one. What is written to it is no message. */
  _socket: Duplex | null = null
  #sender: FrameSender | undefined = undefined

  /** @param url `null` makes the socket of a server, with `options` for a class that extends this one */
  constructor(url: null, protocols?: undefined, options?: object)
  constructor(url: string | URL, protocols?: string | readonly string[] | ClientOptions, options?: ClientOptions)
  constructor(url: string | URL | null, protocols?: string | readonly string[] | ClientOptions, options?: object) {
    const hasList = typeof protocols === 'string' || Array.isArray(protocols)
    const given = (hasList ? options : (protocols ?? options)) as ClientOptions | undefined
    const list = hasList ? (protocols as string | readonly string[]) : undefined
    super(url as string, list, url === null ? undefined : clientOptionsOf(given ?? {})) // null is one of its overloads
    if (url === null) return
    this.once('upgrade', ({ socket }) => {
      this._socket = socket
    })
  }

  /** For frames that are made already, as Socket.IO's. */
  get _sender(): FrameSender {
    this.#sender ??= new FrameSender(this)
    return this.#sender
  }

  // As `@types/ws` has them, so that what is typed with those takes this.

  override get onopen(): ((event: types.Event) => unknown) | null {
    return super.onopen as ((event: types.Event) => unknown) | null // set below alone
  }
  override set onopen(listener: ((event: types.Event) => unknown) | null) {
    super.onopen = listener
  }

  override get onmessage(): ((event: types.MessageEvent) => unknown) | null {
    return super.onmessage as ((event: types.MessageEvent) => unknown) | null // set below alone
  }
  override set onmessage(listener: ((event: types.MessageEvent) => unknown) | null) {
    super.onmessage = listener
  }

  override get onclose(): ((event: types.CloseEvent) => unknown) | null {
    return super.onclose as ((event: types.CloseEvent) => unknown) | null // set below alone
  }
  override set onclose(listener: ((event: types.CloseEvent) => unknown) | null) {
    super.onclose = listener
  }

  override get onerror(): ((event: types.ErrorEvent) => unknown) | null {
    return super.onerror as ((event: types.ErrorEvent) => unknown) | null // set below alone
  }
  override set onerror(listener: ((event: types.ErrorEvent) => unknown) | null) {
    super.onerror = listener
  }

  override addEventListener<Name extends keyof types.WebSocketEventMap>(
    type: Name,
    listener: types.EventListener<Name>,
    options?: { readonly once?: boolean | undefined },
  ): void {
    super.addEventListener(type, listener as never, { once: options?.once === true }) // the same, with narrower events
  }

  override removeEventListener<Name extends keyof types.WebSocketEventMap>(
    type: Name,
    listener: types.EventListener<Name>,
  ): void {
    super.removeEventListener(type, listener as never) // as above
  }

  override send(data: Sendable, callback?: Sent): boolean
  override send(data: Sendable, options?: SendOptions & { mask?: boolean }, callback?: Sent): boolean
  override send(data: MessageData | PreparedMessage, callback?: SendCallback): boolean
  override send(data: MessageData | PreparedMessage, options?: SendOptions, callback?: SendCallback): boolean
  override send(data: unknown, options?: unknown, callback?: unknown): boolean {
    const message = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : sendable(data)
    return super.send(message as MessageData, options as SendOptions, callback as SendCallback) // which throws for what is none
  }

  override ping(data?: Sendable | SendCallback, mask?: boolean | SendCallback, callback?: unknown): void {
    super.ping(typeof data === 'number' ? String(data) : (data as MessageData), mask, callback)
  }

  override pong(data?: Sendable | SendCallback, mask?: boolean | SendCallback, callback?: unknown): void {
    super.pong(typeof data === 'number' ? String(data) : (data as MessageData), mask, callback)
  }
}

function sendable(data: unknown): unknown {
  if (typeof data === 'number') return String(data)
  if (data === undefined || data === null) return Buffer.alloc(0)
  if (!Array.isArray(data)) return data
  return data.length > 0 && data.every(Buffer.isBuffer) ? Buffer.concat(data) : Buffer.from(data)
}

/** Of a server's option: it may be `ws`'s own, which would be found out at the first handshake. @throws TypeError for such */
export function checkClass(given: unknown): void {
  if (!given || given === WebSocket || (given as typeof WebSocket).prototype instanceof WebSocket) return
  throw new TypeError('the option WebSocket takes a class that extends the WebSocket of sockroute/ws')
}

/** `WebSocket.RawData` and its like, as `@types/ws` has them. */
export declare namespace WebSocket {
  type AddressInfo = types.AddressInfo
  type ClientOptions = types.ClientOptions
  type CloseEvent = types.CloseEvent
  type Data = types.Data
  type ErrorEvent = types.ErrorEvent
  type Event = types.Event
  type MessageEvent = types.MessageEvent
  type PerMessageDeflateOptions = types.PerMessageDeflateOptions
  type RawData = types.RawData
  type Server = WebSocketServer
  type ServerOptions = types.ServerOptions
  type VerifyClientCallbackAsync = types.VerifyClientCallbackAsync
  type VerifyClientCallbackSync = types.VerifyClientCallbackSync
}
