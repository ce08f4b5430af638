/** A WebSocket that comes back: over the browser's own, or any class like it. Imports nothing but what lies beside it. */
import { BACKOFF_DEFAULTS, type BackoffSettings, backoffMs } from './backoff.ts'
import { checkReconnecting, type Fresh, fresh, type ReconnectingOptions } from './reconnecting-options.ts'
import {
  type Ending,
  type ReconnectingEventName,
  type ReconnectingEvents,
  type SocketClass,
  type SocketData,
  type SocketEvent,
  type SocketLike,
  systemTimers,
} from './reconnecting-types.ts'

const OPEN = 1
const FAILED: Ending = { code: 1006, reason: '', wasClean: false }

/** Made by `reconnecting`. */
export class Reconnecting extends EventTarget {
  readonly #url: Fresh<string | URL>
  readonly #webSocket: SocketClass
  readonly #options: ReconnectingOptions
  readonly #backoff: BackoffSettings
  #socket: SocketLike | undefined = undefined
  /** Whether that was ever open. */
  #hasOpened = false
  /** Which attempt is under way: what an earlier one still does is of no account. */
  #turn = 0
  /** How many there were since a connection was stable. */
  #attempts = 0
  #isWaiting = false
  #isClosed = false
  /** Of the attempt's time, of the time until it counts as stable, or of the wait: they follow one another. */
  #timer: { cancel(): void } | undefined = undefined
  #queue: SocketData[] = []

  /** @throws TypeError for a wrong option, and what the class throws for a wrong URL */
  constructor(url: Fresh<string | URL>, webSocket: SocketClass, options: ReconnectingOptions) {
    super()
    checkReconnecting(options)
    this.#url = url
    this.#webSocket = webSocket
    this.#options = options
    this.#backoff = { ...BACKOFF_DEFAULTS, ...options }
    try {
      this.#begin()
    } catch (error) {
      this.#stop()
      throw error
    }
    browser.addEventListener?.('online', this.#onOnline)
  }

  /** 0 (there is no connection now), 1 (open), or 3 (closed for good). */
  get readyState(): 0 | 1 | 3 {
    if (this.#isClosed) return 3
    return this.#socket?.readyState === OPEN ? 1 : 0
  }

  /** The subprotocol that was agreed on; '' for none, or while there is no connection. */
  get protocol(): string {
    return this.#socket?.protocol ?? ''
  }

  /** How many messages wait for a connection. */
  get queued(): number {
    return this.#queue.length
  }

  /** Sends now, or with the next connection if `maxQueued` allows it. Returns false for a message that is lost; 'dropped' tells it, too. */
  send(data: SocketData): boolean {
    if (this.readyState === OPEN) {
      this.#socket?.send(data as never) // each class says itself what it takes
      return true
    }
    const mayWait = !this.#isClosed && this.#queue.length < (this.#options.maxQueued ?? 0)
    if (mayWait) this.#queue.push(data)
    else this.#tell('dropped', { data })
    return mayWait
  }

  /** Ends it for good. 'close' follows, if there is a connection. */
  close(code?: number, reason?: string): void {
    if (this.#isClosed) return
    this.#socket?.close(code, reason) // first, since it may throw
    if (!this.#hasOpened) this.#socket = undefined
    this.#stop()
  }

  override addEventListener<E extends ReconnectingEventName>(
    type: E,
    listener: (event: ReconnectingEvents[E]) => unknown,
    options?: { readonly once?: boolean },
  ): void {
    super.addEventListener(type, listener as (event: Event) => void, options) // what #tell makes
  }

  /** Fields are told with an event as properties of their own. */
  #tell(type: ReconnectingEventName, fields: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), fields))
  }

  #begin(): void {
    const turn = ++this.#turn
    const { clientOptions, attemptTimeoutMs = 10_000 } = this.#options
    this.#isWaiting = false
    this.#wait(attemptTimeoutMs, () => this.#lose({ ...FAILED, reason: `not open within ${attemptTimeoutMs} ms` }))
    if (typeof this.#url !== 'function' && typeof clientOptions !== 'function') {
      this.#open(this.#url, clientOptions)
      return
    }
    Promise.all([fresh(this.#url), fresh(clientOptions)])
      .then(([url, options]) => turn === this.#turn && this.#open(url, options))
      .catch((error: unknown) => turn === this.#turn && this.#lose({ ...FAILED, reason: String(error) }))
  }

  #open(url: string | URL, options: object | undefined): void {
    const { protocols = [], binaryType } = this.#options
    const socket = new this.#webSocket(url, protocols, options as never) // the user knows the class
    this.#socket = socket
    this.#hasOpened = false
    if (binaryType !== undefined) socket.binaryType = binaryType
    const isOurs = (): boolean => socket === this.#socket
    socket.addEventListener('open', () => isOurs() && this.#onOpen())
    socket.addEventListener('message', ({ data }) => isOurs() && this.#tell('message', { data }))
    socket.addEventListener('close', (event) => isOurs() && this.#onClose(endingOf(event)))
    socket.addEventListener('error', () => undefined) // 'close' follows
  }

  #onOpen(): void {
    this.#hasOpened = true
    this.#wait(this.#options.stableMs ?? 5_000, () => {
      this.#attempts = 0
    })
    this.#tell('open')
    for (const data of this.#queue.splice(0)) {
      try {
        this.send(data)
      } catch (error) {
        this.#tell('dropped', { data, error }) // who sent it has long gone on
      }
    }
  }

  #onClose(ending: Ending): void {
    this.#socket = undefined
    if (this.#hasOpened) this.#tell('close', ending)
    if (!this.#isClosed) this.#lose(ending)
  }

  /** The connection is gone, or there was none. */
  #lose(ending: Ending): void {
    const { maxAttempts = Infinity, finalCodes = [1000], random = Math.random } = this.#options
    const isFinal = typeof finalCodes === 'function' ? finalCodes(ending.code) : finalCodes.includes(ending.code)
    const late = this.#socket
    this.#socket = undefined
    this.#turn++
    late?.close()
    if (isFinal || this.#attempts >= maxAttempts) {
      this.#stop()
      this.#tell('give-up', ending)
      return
    }
    const delayMs = backoffMs(ending.code, this.#attempts, random(), this.#backoff)
    this.#isWaiting = true
    this.#wait(delayMs, () => this.#begin())
    this.#tell('reconnecting', { ...ending, delayMs, attempt: ++this.#attempts })
  }

  /** The network is back, says the browser. */
  readonly #onOnline = (): void => {
    if (this.#isWaiting) this.#begin()
  }

  #wait(ms: number, task: () => void): void {
    this.#timer?.cancel()
    this.#timer = (this.#options.timers ?? systemTimers).setTimeout(task, ms)
  }

  #stop(): void {
    this.#isClosed = true
    this.#isWaiting = false
    this.#turn++
    this.#timer?.cancel()
    browser.removeEventListener?.('online', this.#onOnline)
    for (const data of this.#queue.splice(0)) this.#tell('dropped', { data })
  }
}

/** What a window has, and Node has not. */
const browser = globalThis as {
  addEventListener?: (type: string, listener: () => void) => void
  removeEventListener?: (type: string, listener: () => void) => void
}

/** Of an event of the browser's, whose fields are none of its own. */
function endingOf({ code = FAILED.code, reason = '', wasClean = false }: SocketEvent): Ending {
  return { code, reason, wasClean }
}
