import type { Connection, TopicSubscription } from 'sockroute'
import type { Topics } from './chat.ts'
import type { ChatMessage, Person, ToPage, User } from './messages.ts'

/** One open page: a user may have several. */
export interface Member {
  readonly socket: Connection
  readonly user: User
  /** Which server the socket came in by. */
  readonly via: string
}

const HISTORY = 50

/**
 * One room, as this process knows it: who of this process is in it, and what was said lately, in whichever. The pages are subscribed to
 * its topic, and so is the process itself, to remember what is said.
 */
export class Room {
  readonly members: Set<Member> = new Set()
  readonly topic: string
  readonly #ws: Topics
  /** Processes that have the room tell one another here what they remember of it. */
  readonly #memoryTopic: string
  readonly #subscriptions: readonly TopicSubscription[]
  #history: readonly ChatMessage[] = []

  constructor(ws: Topics, name: string) {
    this.#ws = ws
    this.topic = `room:${name}`
    this.#memoryTopic = `memory:${name}`
    const onGap = () => this.#tellMemory()
    this.#subscriptions = [
      ws.topics.subscribe(this.topic, (data) => this.#onTold(JSON.parse(data.toString())), { onGap }),
      ws.topics.subscribe(this.#memoryTopic, (data) => this.#onMemory(JSON.parse(data.toString()))),
    ]
    void Promise.all(this.#subscriptions.map(({ ready }) => ready)).then(onGap)
  }

  get history(): readonly ChatMessage[] {
    return this.#history
  }

  /** Everybody of this process, once each. */
  get people(): Person[] {
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
    const at = Math.max(Date.now(), (this.#history.at(-1)?.at ?? 0) + 1) // an answer is later than what it answers, whatever the clocks say
    const message: ChatMessage = { id, user: author.user, via: author.via, text, at }
    this.#remember([message])
    this.#ws.publish(this.topic, toJson({ type: 'message', message }))
  }

  /** Tells the others in the room that somebody is typing. */
  typing({ socket, user }: Member): void {
    socket.publish(this.topic, toJson({ type: 'typing', user }))
  }

  /** Tells the pages of this process: what it says of the others' it has from them. */
  tellHere(message: ToPage): void {
    this.#ws.publish(this.topic, toJson(message), { local: true })
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #onTold(told: ToPage): void {
    if (told.type === 'message') this.#remember([told.message])
  }

  /** After the start, and whenever something may have been missed. Whoever remembers more answers, until all remember the same. */
  #tellMemory(): void {
    this.#ws.publish(this.#memoryTopic, JSON.stringify(this.#history))
  }

  #onMemory(messages: readonly ChatMessage[]): void {
    const missed = this.#remember(messages)
    if (missed.length > 0) this.tellHere({ type: 'history', messages: missed })
    if (without(this.#history, messages).length > 0) this.#tellMemory()
  }

  /** Returns what is new of it. */
  #remember(messages: readonly ChatMessage[]): ChatMessage[] {
    const all = [...this.#history, ...without(messages, this.#history)].sort(byTime).slice(-HISTORY)
    const news = without(all, this.#history)
    this.#history = all
    return news
  }
}

/** In the same order wherever it is called. */
function byTime(one: ChatMessage, other: ChatMessage): number {
  return one.at - other.at || (keyOf(one) < keyOf(other) ? -1 : 1)
}

function without(messages: readonly ChatMessage[], others: readonly ChatMessage[]): ChatMessage[] {
  const keys = new Set(others.map(keyOf))
  return messages.filter((message) => !keys.has(keyOf(message)))
}

function keyOf({ id, user }: ChatMessage): string {
  return `${user.id} ${id}`
}

export function toJson(message: ToPage): string {
  return JSON.stringify(message)
}

export function send(socket: Connection, message: ToPage): void {
  socket.send(toJson(message))
}
