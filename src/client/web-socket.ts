import type { ClientRequest, IncomingMessage } from 'node:http'
import { Connection } from '../connection.ts'
import { DEFAULTS } from '../defaults.ts'
import type { ConnectionEvents } from '../events.ts'
import { type Address, readAddress, readProtocols } from './address.ts'
import { Attempt } from './attempt.ts'
import { ClientHost } from './client-host.ts'
import { type ClientOptions, clientSettings, transportOptions } from './client-options.ts'
import { Connecting } from './connecting.ts'

/** The events of a client's connection, as `ws` has them. */
export interface ClientEvents extends ConnectionEvents {
  open: []
  /** There is no connection, and this is why; or the server broke the protocol. 'close' follows. Without a listener nothing happens. */
  error: [error: Error]
  /** The 101, before 'open': its cookies and other headers. */
  upgrade: [response: IncomingMessage]
  /**
   * An answer other than 101. Whoever listens reads the response, or destroys the request, within `handshakeTimeoutMs`; without a
   * listener 'error' brings a `HandshakeError`.
   */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage]
  /** A redirect is being followed. */
  redirect: [url: string, request: ClientRequest]
}

type Listener<E extends keyof ClientEvents> = (...args: ClientEvents[E]) => unknown

/**
 * A client's WebSocket, as in browsers and as in `ws`: it connects when it is made, and tells 'open', or 'error' and 'close'.
 * Everything else is as with a route's `Connection`: messages wait until somebody listens, or iterates.
 *
 *     const socket = new WebSocket('wss://example.com/chat', 'chat.v2')
 *     for await (const message of socket) console.log(message)
 *
 * @throws SyntaxError for what is no URL of a WebSocket, or no subprotocol; TypeError for a wrong option
 */
export class WebSocket<Data = Record<string, unknown>> extends Connection<Data> {
  #url: string

  /** @param url `null` makes one that no attempt stands behind: a server gives it its wire */
  constructor(url: string | URL, protocols?: string | readonly string[] | ClientOptions, options?: ClientOptions)
  constructor(url: null, protocols?: undefined, options?: object)
  constructor(url: string | URL | null, protocols?: string | readonly string[] | ClientOptions, options?: object) {
    const moved: { to(address: Address): void } = { to: () => undefined }
    const address = url === null ? undefined : readAddress(url)
    super((connection) =>
      address === undefined ? unattended(connection) : attempt(connection, address, protocols, options, moved),
    )
    this.#url = address?.href ?? ''
    moved.to = ({ href }) => {
      this.#url = href
    }
  }

  /** Where it connects to; after a redirect, where that led. */
  get url(): string {
    return this.#url
  }

  override on<E extends keyof ClientEvents>(event: E, listener: Listener<E>): this {
    return super.on(event as keyof ConnectionEvents, listener as () => unknown) // the base class does not know ours
  }

  override addListener<E extends keyof ClientEvents>(event: E, listener: Listener<E>): this {
    return this.on(event, listener)
  }

  override prependListener<E extends keyof ClientEvents>(event: E, listener: Listener<E>): this {
    return super.prependListener(event as keyof ConnectionEvents, listener as () => unknown)
  }

  override once<E extends keyof ClientEvents>(event: E, listener: Listener<E>): this {
    return super.once(event as keyof ConnectionEvents, listener as () => unknown)
  }

  override prependOnceListener<E extends keyof ClientEvents>(event: E, listener: Listener<E>): this {
    return super.prependOnceListener(event as keyof ConnectionEvents, listener as () => unknown)
  }

  override off<E extends keyof ClientEvents>(event: E, listener: Listener<E>): this {
    return super.off(event as keyof ConnectionEvents, listener as () => unknown)
  }

  override removeListener<E extends keyof ClientEvents>(event: E, listener: Listener<E>): this {
    return super.removeListener(event as keyof ConnectionEvents, listener as () => unknown)
  }

  override removeAllListeners(event?: keyof ClientEvents): this {
    return super.removeAllListeners(event as keyof ConnectionEvents | undefined)
  }
}

function attempt(
  connection: Connection,
  address: Address,
  protocols: string | readonly string[] | ClientOptions | undefined,
  last: ClientOptions | undefined,
  moved: { to(address: Address): void },
): Connecting {
  const isOptions = typeof protocols === 'object' && !Array.isArray(protocols)
  const options = (isOptions ? (protocols as ClientOptions) : last) ?? {} // TypeScript takes no readonly list for an array
  const settings = clientSettings(options)
  const { onError } = settings
  const plan = {
    address,
    protocols: readProtocols((isOptions ? undefined : protocols) ?? options.protocols),
    settings,
    transport: transportOptions(options),
    onMoved: (to: Address) => moved.to(to),
    report: onError === undefined ? report : (error: unknown) => onError(error, connection as WebSocket),
  }
  return new Attempt(connection, plan).standIn
}

function unattended(connection: Connection): Connecting {
  return new Connecting(connection, DEFAULTS, report)
}

function report(error: unknown, connection: Connection): void {
  ClientHost.of().onHandlerError(error, connection)
}
