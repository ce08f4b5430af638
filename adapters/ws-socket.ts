import type { Duplex } from 'node:stream'
import type { MessageData, PreparedMessage, SendCallback, SendOptions } from '../src/adapter.ts'
import { WebSocket as ClientWebSocket } from '../src/client/index.ts'
import { clientOptionsOf } from './ws-client-options.ts'
import { FrameSender } from './ws-frames.ts'
import type { WebSocketServer } from './ws-server.ts'
import type { createWebSocketStream } from './ws-stream.ts'
import type { ClientOptions } from './ws-types.ts'

/** What else `ws` sends: a number as its text, nothing as an empty message, a list of numbers as bytes. */
type Sendable = MessageData | PreparedMessage | number | readonly number[] | null | undefined

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
  constructor(url: string | URL, protocols?: string | readonly string[] | ClientOptions, options?: ClientOptions)
  constructor(url: null, protocols?: undefined, options?: object)
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

  override send(data: Sendable, callback?: SendCallback): boolean
  override send(data: Sendable, options?: SendOptions, callback?: SendCallback): boolean
  override send(data: Sendable, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    const message = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : sendable(data)
    return super.send(message as MessageData, options as SendOptions, callback) // overloads of the same arguments
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
  return Array.isArray(data) ? Buffer.from(data) : data
}
