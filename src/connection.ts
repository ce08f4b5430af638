import { AsyncResource } from 'node:async_hooks'
import type { BrowserEvents } from './browser-events.ts'
import { ConnectionEmitter } from './events.ts'
import type { Inbox } from './inbox.ts'
import type { Inside, StandIn } from './inside.ts'
import { type MessageData, messageOpcode, toPayload, toReason } from './payload.ts'
import { PreparedMessage } from './prepared.ts'
import { closePayload } from './protocol/frame-writer.ts'
import { Opcode } from './protocol/opcode.ts'
import type { SendCallback } from './receipts.ts'
import { type PublishOptions, SocketTopics } from './topics/topics.ts'
import type { Wire } from './wire.ts'

export interface SendOptions {
  /** Send as binary or as text. @defaultValue text for a string, binary for everything else */
  readonly binary?: boolean
  /** False for a part that others follow: together they are one message. RFC 6455 §5.4 @defaultValue true */
  readonly fin?: boolean
  /** False for what should go out as it is on a compressed connection, too. Parts always do. @defaultValue true */
  readonly compress?: boolean
}

/** How a connection ended. RFC 6455 §7.1.4 to §7.1.6 */
export interface CloseResult {
  /** The code the peer sent; 1005 if it sent none, 1006 if there was no closing handshake. */
  readonly code: number
  readonly reason: string
  /** Whether there was a closing handshake. */
  readonly wasClean: boolean
}

/** Where bytes of binary messages come: as Node's Buffer, or as an ArrayBuffer of their own. */
export type BinaryType = 'nodebuffer' | 'arraybuffer'

/** Gives a connection that was made before there was a wire its own. */
export let join: (connection: Connection, wire: Wire) => Inbox

/** What is behind a connection now. */
export let insideOf: (connection: Connection<unknown>) => Inside

/** Its data; undefined where nobody has asked for it, nor put anything there: looking at it makes none. */
export let dataOf: (connection: Connection) => unknown

/** Nobody has asked for `data` yet, nor put anything there. */
const UNASKED = Symbol('unasked')

/**
 * One open WebSocket, as a route's handler holds it. It speaks `ws`'s language (`on('message', ...)`, `send`, `ping`,
 * `terminate`) and the browser's (`onmessage`, `addEventListener`), and can be iterated:
 *
 *     for await (const message of socket) socket.send(message)
 *
 * Messages come in order and none is lost: they wait until there is a listener or a loop, and a listener that
 * returns a promise gets the next one when it has settled. A peer is slowed down when it is faster than that.
 */
export class Connection<Data = Record<string, unknown>> extends ConnectionEmitter {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  static {
    insideOf = (connection) => connection.#wire
    dataOf = (connection) => (connection.#data === UNASKED ? undefined : connection.#data)
    join = (connection, wire) => {
      const before = connection.#wire
      connection.#wire = wire
      return (before as StandIn).joined(wire) // only a connection that has one is joined
    }
  }
  #wire: Inside
  #binaryType: BinaryType = 'nodebuffer'
  #closed: Promise<CloseResult> | undefined = undefined
  #data: Data | typeof UNASKED = UNASKED

  /** Connections are made by routes, and by clients, who have something stand in for the wire until there is one. */
  constructor(inside: Inside | ((connection: Connection) => StandIn)) {
    super()
    this.#wire = typeof inside === 'function' ? inside(this as Connection) : inside // whatever its data
  }

  get CONNECTING(): 0 {
    return 0
  }
  get OPEN(): 1 {
    return 1
  }
  get CLOSING(): 2 {
    return 2
  }
  get CLOSED(): 3 {
    return 3
  }

  /** The application's own state. */
  get data(): Data {
    if (this.#data === UNASKED) this.#data = {} as Data // each application says what it keeps here; it begins empty
    return this.#data
  }
  set data(data: Data) {
    this.#data = data
  }

  /** 1 (open), 2 (closing) or 3 (closed); of a client also 0 (connecting). */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#wire.readyState
  }

  /** The subprotocol that was agreed on; '' for none. RFC 6455 §1.9 */
  get protocol(): string {
    return this.#wire.protocol
  }

  /** The extensions that were agreed on; '' for none. RFC 6455 §9 */
  get extensions(): string {
    return this.#wire.extensions
  }

  /** Bytes, headers included, that have been sent and not written yet. */
  get bufferedAmount(): number {
    return this.#wire.sender.unsentBytes
  }

  /**
   * The last round trip that the heartbeat measured, in milliseconds. It pings after `pingIntervalMs` of silence, so this
   * is undefined before the first, and for a peer that never is silent so long.
   */
  get rtt(): number | undefined {
    return this.#wire.pulse.rtt
  }

  /** As what binary messages come, here and in `onmessage`. @defaultValue 'nodebuffer' */
  get binaryType(): BinaryType {
    return this.#binaryType
  }
  set binaryType(type: BinaryType) {
    if (type !== 'nodebuffer' && type !== 'arraybuffer') {
      throw new TypeError(`binaryType is 'nodebuffer' or 'arraybuffer'; got ${String(type)}`)
    }
    this.#binaryType = type
  }

  /** Whether `pause` holds messages back. */
  get isPaused(): boolean {
    return this.#wire.inbox.isPaused
  }

  /** Fulfils when the connection has ended; it never rejects. */
  get closed(): Promise<CloseResult> {
    this.#closed ??= this.#wire.whenFinished().then(() => this.#result())
    return this.#closed
  }

  /**
   * Sends a message, or with `{ fin: false }` a part of one. Returns false when more than `maxBufferedBytes` are unsent:
   * then wait for 'drain', or `await socket.drained()`. On a connection that is closing nothing is thrown, since the
   * peer may close at any time: false is returned, and `callback` gets a `ConnectionClosedError`.
   *
   * `data` is not to be changed until the callback; small messages are copied at once.
   *
   * @throws TypeError for data that is no string, Buffer, ArrayBuffer, view of one, or prepared message
   */
  send(data: MessageData | PreparedMessage, callback?: SendCallback): boolean
  send(data: MessageData | PreparedMessage, options?: SendOptions, callback?: SendCallback): boolean
  send(data: MessageData | PreparedMessage, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    const settings = typeof options === 'object' ? options : undefined
    const done = this.#guard(typeof options === 'function' ? options : callback)
    const { sender } = this.#wire
    if (data instanceof PreparedMessage) return sender.prepared(data, done)
    const payload = toPayload(data)
    const fin = settings?.fin ?? true
    const isPart = !fin || sender.isFragmenting // a part may end inside a character
    const opcode = messageOpcode(payload, settings?.binary, isPart)
    if (isPart) return sender.part(opcode, payload, fin, done)
    return sender.message(opcode, payload, settings?.compress ?? true, done)
  }

  /**
   * Sends a ping with up to 125 bytes; the heartbeat sends its own. `mask` is `ws`'s and ignored: clients mask, servers do not.
   * RFC 6455 §5.5.2 @throws RangeError for more than 125 bytes, TypeError for what is no data
   */
  ping(data?: MessageData | SendCallback, mask?: boolean | SendCallback, callback?: unknown): void {
    this.#control(Opcode.Ping, 'ping', [data, mask, callback])
  }

  /** Sends a pong nobody asked for; pings are answered without it. As `ping`. RFC 6455 §5.5.3 */
  pong(data?: MessageData | SendCallback, mask?: boolean | SendCallback, callback?: unknown): void {
    this.#control(Opcode.Pong, 'pong', [data, mask, callback])
  }

  /**
   * Starts the closing handshake behind what was sent before; 'close' follows. Does nothing if it was started already.
   * RFC 6455 §7.1.2
   * @param code 1000 to 1003, 1007 to 1014, or 3000 to 4999
   * @param reason at most 123 bytes of UTF-8
   * @throws RangeError for another code, or a longer reason; TypeError for a code that is no number, or a reason that is no text
   */
  close(code?: number, reason: string | Uint8Array = ''): void {
    this.#wire.close(closePayload(code, toReason(reason)))
  }

  /**
   * Asks the route's `reauthenticate` whether this connection may stay. Fulfils with what it says, and false for a connection that has
   * ended or ends meanwhile; it never rejects. One that may not stay is closed by then.
   * @throws TypeError where the route has no `reauthenticate`
   */
  reauthenticate(): Promise<boolean> {
    return this.#wire.reauthenticate()
  }

  /** Ends the connection at once, without a closing handshake. */
  terminate(): void {
    this.#wire.terminate()
  }

  /** Holds messages back. Pings are answered still; when 64 KiB of messages wait, we stop reading. */
  pause(): void {
    this.#wire.inbox.pause()
  }

  resume(): void {
    this.#wire.inbox.resume()
  }

  /**
   * Fulfils when `send` would return true again: when half of `maxBufferedBytes` is out.
   * Rejects with a `ConnectionClosedError` when the connection ends before.
   */
  drained(): Promise<void> {
    return this.#wire.sender.drained()
  }

  /**
   * From now on what is published to `topic` is sent to this socket. Fulfils with true when that holds for everybody's messages:
   * in one process at once. Nothing has to be undone when the connection ends; on one that has, it fulfils with false.
   * @throws TypeError for what is no topic; RangeError for more than 64 KiB, or more topics than `maxTopics`
   */
  subscribe(topic: string): Promise<boolean> {
    return this.#wire.topics.subscribe(this.#wire, topic)
  }

  /** @throws as `subscribe`, for what is no topic */
  unsubscribe(topic: string): void {
    this.#wire.topics.unsubscribe(this.#wire, topic)
  }

  /**
   * Sends a message to all that are subscribed to `topic` but this socket, which need not be. Returns for how many sockets of this
   * process it was queued.
   * @throws as `subscribe`, for what is no topic, and as `send`
   */
  publish(topic: string, data: MessageData | PreparedMessage, options?: Omit<PublishOptions, 'except'>): number {
    return this.#wire.topics.publish(topic, data, { ...options, except: this })
  }

  /** What this socket is subscribed to; when 'close' is told, what it was. */
  get topics(): SocketTopics {
    return new SocketTopics(this.#wire)
  }

  /**
   * The messages, text as string and binary as Buffer, until the connection ends. A handler that iterates its
   * connection owns it: when the handler's promise fulfils, the connection closes with 1000.
   * @throws Error if there are 'message' listeners, or another loop
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<string | Buffer, undefined> {
    return this.#wire.inbox.iterate()
  }

  protected override checkListener(event: string): void {
    if (event !== 'message' || !this.#wire.inbox.isIterated) return
    throw new Error(`this connection is being iterated: use either for await or 'message' listeners, not both`)
  }

  protected override onListener(event: string, listener: (...args: never[]) => unknown): void {
    if (event === 'message') this.#wire.inbox.wake()
    // The handler was still awaiting something when the connection ended: what it cleans up is cleaned up.
    if (event === 'close' && this.#wire.isFinished) {
      process.nextTick(() => this.#wire.inbox.call(listener, [this.#wire.closeCode, this.#wire.closeReason]))
    }
  }

  protected override toBrowserEvent(type: keyof BrowserEvents, args: unknown[]): BrowserEvents[keyof BrowserEvents] {
    if (type === 'message') {
      const [data, isBinary] = args as [Buffer, boolean]
      return { type, data: isBinary ? data : data.toString(), target: this }
    }
    if (type === 'close') return { type, ...this.#result(), target: this }
    const [error] = args as [Error]
    return type === 'error' ? { type, error, message: error.message, target: this } : { type: 'open', target: this }
  }

  #result(): CloseResult {
    const { closeCode: code, closeReason, wasClean } = this.#wire
    return { code, reason: closeReason.toString(), wasClean }
  }

  #control(opcode: number, method: string, args: unknown[]): void {
    const callback = args.find((arg) => typeof arg === 'function') as SendCallback | undefined
    const data = typeof args[0] === 'function' || args[0] === undefined ? '' : toPayload(args[0], method)
    const payload = typeof data === 'string' ? Buffer.from(data) : data
    if (payload.length > 125) throw new RangeError(`${method}() takes at most 125 bytes; got ${payload.length}`)
    this.#wire.sender.control(opcode, payload, this.#guard(callback))
  }

  /** What a callback throws goes where everything goes that handlers throw. It runs in its caller's async context. */
  #guard(callback: SendCallback | undefined): SendCallback | undefined {
    if (callback === undefined) return undefined
    const context = new AsyncResource('SOCKROUTE_SEND') // 40 ns; `bind` takes 6 us on Node 20
    return (error) => {
      context.runInAsyncScope(() => void this.#wire.inbox.call(callback, [error]))
    }
  }
}
