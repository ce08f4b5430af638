/** What `onmessage` and `addEventListener('message', ...)` are called with. */
export interface MessageEvent {
  readonly type: 'message'
  /** Text as a string; binary as `binaryType` says. */
  readonly data: string | Buffer | ArrayBuffer
  readonly target: unknown
}

export interface CloseEvent {
  readonly type: 'close'
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
  readonly target: unknown
}

export interface ErrorEvent {
  readonly type: 'error'
  readonly error: Error
  readonly message: string
  readonly target: unknown
}

export interface OpenEvent {
  readonly type: 'open'
  readonly target: unknown
}

export interface BrowserEvents {
  message: MessageEvent
  close: CloseEvent
  error: ErrorEvent
  open: OpenEvent
}

export type BrowserEventName = keyof BrowserEvents
const BROWSER_EVENTS: string[] = ['message', 'close', 'error', 'open'] satisfies BrowserEventName[]
export type BrowserListener<E extends BrowserEventName> =
  | ((event: BrowserEvents[E]) => unknown)
  | { handleEvent(event: BrowserEvents[E]): unknown }

/** The call that a browser would make. @throws TypeError for an event or a listener that is none */
export function callable(type: string, listener: unknown): (target: object, event: object) => unknown {
  if (!BROWSER_EVENTS.includes(type)) {
    throw new TypeError(`addEventListener knows ${BROWSER_EVENTS.join(', ')}; for '${type}' write on('${type}', ...)`)
  }
  if (typeof listener === 'function') return (target, event) => Reflect.apply(listener, target, [event])
  if (typeof listener === 'object' && listener !== null && 'handleEvent' in listener) {
    return (_, event) => (listener as { handleEvent(event: object): unknown }).handleEvent(event)
  }
  throw new TypeError(`addEventListener('${type}', listener): the listener is a function or has a method handleEvent`)
}
