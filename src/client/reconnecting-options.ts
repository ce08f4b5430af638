import type { BackoffOptions } from './backoff.ts'
import type { SocketClass, Timers } from './reconnecting-types.ts'

/** What is there at once, or is asked for anew at each attempt. */
export type Fresh<T> = T | (() => T | Promise<T>)

export async function fresh<T>(value: Fresh<T>): Promise<T> {
  return typeof value === 'function' ? await (value as () => T | Promise<T>)() : value // a T is no function here
}

/** Times are milliseconds, and the names say so. */
export interface ReconnectingOptions extends BackoffOptions {
  /** Subprotocols to offer. @defaultValue [] */
  readonly protocols?: string | string[]
  /** The class to connect with. @defaultValue the browser's `WebSocket`; in Node that of `sockroute/client` */
  readonly webSocket?: SocketClass
  /** The class's third argument, where it takes one: `{ headers }`, say. A function is called for each attempt. @defaultValue undefined */
  readonly clientOptions?: Fresh<object>
  /** As what binary messages come: 'arraybuffer', 'blob' or 'nodebuffer'. @defaultValue that of the class */
  readonly binaryType?: string
  /** When a connection was open for so long, waits begin anew: who is taken and dropped again and again waits ever longer. @defaultValue 5_000 */
  readonly stableMs?: number
  /** An attempt that is not open by then has failed; the time in which `url` is asked for counts. @defaultValue 10_000 */
  readonly attemptTimeoutMs?: number
  /** It gives up when so many attempts to come back have failed in a row. @defaultValue Infinity */
  readonly maxAttempts?: number
  /** Close codes after which it gives up, in place of the default. @defaultValue [1000]: the server has nothing more to say */
  readonly finalCodes?: readonly number[] | ((code: number) => boolean)
  /** So many messages that are sent while there is no connection wait for the next one. @defaultValue 0 */
  readonly maxQueued?: number
  /** For tests. @defaultValue the system's */
  readonly timers?: Timers
  /** From 0 to before 1. @defaultValue Math.random */
  readonly random?: () => number
}

/** Timers that are to wait longer do not wait at all. */
const MOST_MS = 2_147_483_647

const isNumber = (value: unknown): boolean => typeof value === 'number' && value >= 0
const isTime = (value: unknown): boolean => isNumber(value) && (value as number) <= MOST_MS // it is a number
const TIME = 'milliseconds, 2,147,483,647 at most'
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
const isText = (value: unknown): boolean => typeof value === 'string'

const RULES: Record<keyof ReconnectingOptions, [test: (value: unknown) => boolean, takes: string]> = {
  attemptTimeoutMs: [isTime, TIME],
  baseMs: [isTime, TIME],
  binaryType: [isText, `a name such as 'arraybuffer'`],
  capMs: [isTime, TIME],
  clientOptions: [(value) => isObject(value) || isFunction(value), 'an object, or a function that returns one'],
  finalCodes: [(value) => Array.isArray(value) || isFunction(value), 'a list such as [1000, 4001], or a function'],
  maxAttempts: [isNumber, 'a number'],
  maxQueued: [isNumber, 'a number of messages'],
  protocols: [(value) => isText(value) || Array.isArray(value), `a name, or a list such as ['chat.v2']`],
  random: [isFunction, 'a function such as Math.random'],
  spreadMs: [isTime, TIME],
  stableMs: [isTime, TIME],
  timers: [isObject, 'an object with setTimeout(task, ms)'],
  webSocket: [isFunction, 'a class such as WebSocket'],
}

/** @throws TypeError for an option that is unknown, or not what it should be */
export function checkReconnecting(options: ReconnectingOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, name)) {
      throw new TypeError(`reconnecting: there is no option ${name}; they are ${Object.keys(RULES).join(', ')}`)
    }
    const [test, takes] = RULES[name as keyof ReconnectingOptions] // it is one of them
    if (value !== undefined && !test(value)) throw new TypeError(`reconnecting: the option ${name} takes ${takes}`)
  }
}
