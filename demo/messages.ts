/** What the page and the server say to each other: one JSON object per text message. */

export interface User {
  readonly id: string
  readonly name: string
}

/** Somebody who is here, and by which server. */
export interface Person extends User {
  readonly via: string
}

export interface ChatMessage {
  /** Chosen by the page, so that a message sent again after a reconnect is not shown twice. */
  readonly id: string
  readonly user: User
  /** Which server the author is connected to. */
  readonly via: string
  readonly text: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export type FromPage =
  | { readonly type: 'say'; readonly id: string; readonly text: string }
  | { readonly type: 'typing' }
  | { readonly type: 'ping'; readonly sentAt: number }

export type ToPage =
  | {
      readonly type: 'welcome'
      readonly boot: string
      readonly you: User
      readonly history: readonly ChatMessage[]
      readonly isBrokerAway: boolean
      /** What carries the socket: '1.1', or '2.0'. */
      readonly httpVersion: string
    }
  | { readonly type: 'message'; readonly message: ChatMessage }
  /** What was said elsewhere, and comes late. */
  | { readonly type: 'history'; readonly messages: readonly ChatMessage[] }
  /** Whether other servers are out of reach. */
  | { readonly type: 'broker'; readonly isAway: boolean }
  | { readonly type: 'people'; readonly people: readonly Person[] }
  | { readonly type: 'rooms'; readonly rooms: readonly { readonly name: string; readonly people: number }[] }
  | { readonly type: 'typing'; readonly user: User }
  | { readonly type: 'pong'; readonly sentAt: number; readonly serverRtt: number | undefined }
  | { readonly type: 'error'; readonly id: string; readonly error: string }

export const MAX_TEXT_CHARS = 2000
const MAX_NAME_CHARS = 32

const ROOM = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]{0,31}$/u
const ID = /^[\w-]{8,64}$/
/** Control characters, line ends, and the marks that reverse the direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

export function isRoomName(name: unknown): name is string {
  return typeof name === 'string' && ROOM.test(name)
}

/** The name in a login's body, or undefined where there is none that can be shown. */
export function readName(body: unknown): string | undefined {
  if (!isObject(body) || typeof body.name !== 'string') return undefined
  const name = body.name.normalize('NFC').trim().replace(/ +/g, ' ')
  const fits = name !== '' && name.length <= MAX_NAME_CHARS && !UNPRINTABLE.test(name)
  return fits ? name : undefined
}

/** What the page said, or undefined where it is none of the messages above. */
export function readMessage(data: string | Buffer): FromPage | undefined {
  const message = typeof data === 'string' ? parse(data) : undefined
  if (!isObject(message)) return undefined
  const { type, id, text, sentAt } = message
  if (type === 'say' && typeof id === 'string' && ID.test(id) && typeof text === 'string') return { type, id, text }
  if (type === 'typing') return { type }
  if (type === 'ping' && typeof sentAt === 'number') return { type, sentAt }
  return undefined
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
