import type { Connection } from 'sockroute'
import { prepare } from 'sockroute'
import type { ChatMessage, ToPage, User } from './messages.ts'

/** One open page: a user may have several. */
export interface Member {
  readonly socket: Connection
  readonly user: User
  /** Which server the socket came in by. */
  readonly via: string
}

const HISTORY = 50

/** Who is in one room, and what they said last. */
export class Room {
  readonly members: Set<Member> = new Set()
  readonly #history: ChatMessage[] = []

  get history(): readonly ChatMessage[] {
    return this.#history
  }

  /** Everybody here, once each. */
  get people(): (User & { readonly via: string })[] {
    const people = new Map([...this.members].map(({ user, via }) => [user.id, { ...user, via }]))
    return [...people.values()]
  }

  /** Adds a message and tells everybody, unless its author sent it before: then only the author is told again. */
  say(author: Member, id: string, text: string): void {
    const known = this.#history.find((message) => message.id === id && message.user.id === author.user.id)
    if (known !== undefined) {
      send(author.socket, { type: 'message', message: known })
      return
    }
    const message: ChatMessage = { id, user: author.user, via: author.via, text, at: Date.now() }
    this.#history.push(message)
    if (this.#history.length > HISTORY) this.#history.shift()
    broadcast(this.members, { type: 'message', message })
  }
}

export function send(socket: Connection, message: ToPage): void {
  socket.send(JSON.stringify(message))
}

/** One message to many: written as JSON and framed once. */
export function broadcast(members: Iterable<Member>, message: ToPage): void {
  const frame = prepare(JSON.stringify(message))
  for (const { socket } of members) socket.send(frame)
}
