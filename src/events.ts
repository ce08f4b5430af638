import { EventEmitter } from 'node:events'
import {
  type BrowserEventName,
  type BrowserEvents,
  type BrowserListener,
  type CloseEvent,
  callable,
  type ErrorEvent,
  type MessageEvent,
  type OpenEvent,
} from './browser-events.ts'

/** The events of a connection, as `ws` has them. */
export interface ConnectionEvents {
  /** A whole message. A listener that returns a promise gets the next message when it has settled. */
  message: [data: Buffer, isBinary: boolean]
  /** The last event: the code and reason the peer sent; 1005 for none, 1006 when there was no closing handshake. */
  close: [code: number, reason: Buffer]
  /** The peer pinged, and has its answer. */
  ping: [data: Buffer]
  pong: [data: Buffer]
  /** The unsent bytes, which were above `maxBufferedBytes`, are out. */
  drain: []
  /** The peer broke the protocol; 'close' follows. Without a listener nothing happens. */
  error: [error: Error]
}

type EventName = keyof ConnectionEvents
type Listener<E extends EventName> = (...args: ConnectionEvents[E]) => unknown

/** A browser-style listener, and the listener that stands for it among the `ws`-style ones. */
interface Adapted {
  readonly type: BrowserEventName
  readonly listener: unknown
  readonly adapter: (...args: unknown[]) => unknown
  /** Set by assigning `onmessage` and its like, of which there is one each. */
  readonly isAttribute: boolean
}

/** Both ways to listen to a connection: `on('message', ...)` as in `ws`, `addEventListener` as in browsers. */
export abstract class ConnectionEmitter extends EventEmitter {
  #adapted: Adapted[] | undefined = undefined

  /** Called before a listener for `event` is added; throws where there must be none. */
  protected abstract checkListener(event: string): void
  /** Called when a listener for `event` was added. */
  protected abstract onListener(event: string, listener: (...args: never[]) => unknown): void
  /** The browser's event for the arguments of a `ws`-style one. */
  protected abstract toBrowserEvent(type: BrowserEventName, args: unknown[]): BrowserEvents[BrowserEventName]

  override on<E extends EventName>(event: E, listener: Listener<E>): this {
    this.checkListener(event)
    super.on(event, listener)
    this.onListener(event, listener)
    return this
  }

  override addListener<E extends EventName>(event: E, listener: Listener<E>): this {
    return this.on(event, listener)
  }

  override prependListener<E extends EventName>(event: E, listener: Listener<E>): this {
    this.checkListener(event)
    super.prependListener(event, listener)
    this.onListener(event, listener)
    return this
  }

  override once<E extends EventName>(event: E, listener: Listener<E>): this {
    return super.once(event, listener)
  }

  override prependOnceListener<E extends EventName>(event: E, listener: Listener<E>): this {
    return super.prependOnceListener(event, listener)
  }

  override off<E extends EventName>(event: E, listener: Listener<E>): this {
    return super.off(event, listener)
  }

  override removeListener<E extends EventName>(event: E, listener: Listener<E>): this {
    return super.removeListener(event, listener)
  }

  override removeAllListeners(event?: EventName): this {
    this.#adapted = event === undefined ? undefined : this.#adapted?.filter(({ type }) => type !== event)
    return event === undefined ? super.removeAllListeners() : super.removeAllListeners(event)
  }

  /** As in browsers. `options.once` is known; the same listener is added once only. */
  addEventListener<E extends BrowserEventName>(
    type: E,
    listener: BrowserListener<E>,
    options?: { readonly once?: boolean },
  ): void {
    if (this.#find(type, listener, false) !== undefined) return
    this.#add(type, listener, options?.once === true, false)
  }

  removeEventListener<E extends BrowserEventName>(type: E, listener: BrowserListener<E>): void {
    this.#remove(this.#find(type, listener, false))
  }

  /** Of a client: it is open. Never called for a route's: a handler is given a connection that is open already. */
  get onopen(): ((event: OpenEvent) => unknown) | null {
    return this.#attribute('open')
  }
  set onopen(listener: ((event: OpenEvent) => unknown) | null) {
    this.#setAttribute('open', listener)
  }

  get onmessage(): ((event: MessageEvent) => unknown) | null {
    return this.#attribute('message')
  }
  set onmessage(listener: ((event: MessageEvent) => unknown) | null) {
    this.#setAttribute('message', listener)
  }

  get onclose(): ((event: CloseEvent) => unknown) | null {
    return this.#attribute('close')
  }
  set onclose(listener: ((event: CloseEvent) => unknown) | null) {
    this.#setAttribute('close', listener)
  }

  get onerror(): ((event: ErrorEvent) => unknown) | null {
    return this.#attribute('error')
  }
  set onerror(listener: ((event: ErrorEvent) => unknown) | null) {
    this.#setAttribute('error', listener)
  }

  #attribute<E extends BrowserEventName>(type: E): ((event: BrowserEvents[E]) => unknown) | null {
    const found = this.#adapted?.find((one) => one.isAttribute && one.type === type)
    return (found?.listener as ((event: BrowserEvents[E]) => unknown) | undefined) ?? null // set by #setAttribute alone
  }

  #setAttribute(type: BrowserEventName, listener: unknown): void {
    this.#remove(this.#adapted?.find((one) => one.isAttribute && one.type === type))
    if (typeof listener === 'function') this.#add(type, listener, false, true)
  }

  #find(type: string, listener: unknown, isAttribute: boolean): Adapted | undefined {
    return this.#adapted?.find(
      (one) => one.type === type && one.listener === listener && one.isAttribute === isAttribute,
    )
  }

  #add(type: BrowserEventName, listener: unknown, once: boolean, isAttribute: boolean): void {
    const call = callable(type, listener)
    const adapter = (...args: unknown[]): unknown => {
      if (once) this.#remove(adapted)
      return call(this, this.toBrowserEvent(type, args))
    }
    const adapted: Adapted = { type, listener, adapter, isAttribute }
    this.#adapted = [...(this.#adapted ?? []), adapted]
    this.on(type as EventName, adapter) // 'open' is no event of ours: it is kept, and never emitted
  }

  #remove(adapted: Adapted | undefined): void {
    if (adapted === undefined) return
    this.#adapted = this.#adapted?.filter((one) => one !== adapted)
    super.off(adapted.type, adapted.adapter)
  }
}
