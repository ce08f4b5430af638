import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, WebSockets } from 'sockroute'
import { MAX_TEXT_CHARS, readMessage, type ToPage, type User } from './messages.ts'
import { Presence } from './presence.ts'
import { type Member, Room, send, toJson } from './room.ts'

const ALWAYS_OPEN = ['lobby', 'random']
const MAX_ROOMS = 100
/** An empty room keeps its history this long, so that a lone reload does not lose it. */
const EMPTY_ROOM_MS = 60_000
/** A page may send this many messages at once, and this many per second from then on. */
const BURST = 20
const PER_SECOND = 5
/** Every page of the app is subscribed to it. */
const EVERYBODY = 'everybody'

/** What the chat needs of an app's `ws`. */
export type Topics = Pick<WebSockets, 'publish' | 'topics'>

/** Who comes in, and over which HTTP. */
export interface Visitor {
  readonly user: User
  /** As of the request: '1.1', or '2.0'. */
  readonly httpVersion: string
}

type RoomList = (ToPage & { type: 'rooms' })['rooms']

/**
 * The chat of one app, in memory. It knows neither Express nor Fastify, and nothing of the app's neighbours: what it publishes reaches
 * the pages of them all, in this process or in others.
 */
export class Chat {
  /** Tells a page that the server it is talking to is another one than before. */
  readonly #boot = randomUUID()
  readonly #ws: Topics
  readonly #via: string
  readonly #rooms = new Map<string, Room>()
  readonly #presence: Presence
  #isBrokerAway = false

  /** `via` is what people are told of where somebody is. */
  constructor(ws: Topics, via: string) {
    this.#ws = ws
    this.#via = via
    this.#presence = new Presence(ws, (rooms) => this.#tellPresence(rooms))
    for (const name of ALWAYS_OPEN) this.#open(name)
    ws.topics.on('degraded', () => this.#tellBroker(true))
    ws.topics.on('restored', () => this.#tellBroker(false))
  }

  get rooms(): RoomList {
    return this.#presence.rooms.map((name) => ({ name, people: this.#presence.people(name).length }))
  }

  /** The life of one connection. Messages come in order, and the next one waits until this one is done with. */
  async serve(socket: Connection, roomName: string, { user, httpVersion }: Visitor): Promise<void> {
    const room = this.#open(roomName)
    if (room === undefined) return socket.close(1013, 'too many rooms are open')
    const member: Member = { socket, user, via: this.#via }
    this.#join(roomName, room, member, httpVersion)
    try {
      const pace = pacer()
      for await (const data of socket) {
        if (!this.#onMessage(room, member, data)) return socket.close(1007, 'not a message of this chat')
        await pace()
      }
    } finally {
      this.#leave(roomName, room, member)
    }
  }

  /** Ends every connection of one user. They are all here, as the session is. */
  logOut(user: User): void {
    for (const room of this.#rooms.values()) {
      for (const member of room.members) if (member.user.id === user.id) member.socket.close(4001, 'logged out')
    }
  }

  /** Says goodbye to the other processes. */
  close(): void {
    this.#presence.close()
  }

  #onMessage(room: Room, member: Member, data: string | Buffer): boolean {
    const message = readMessage(data)
    switch (message?.type) {
      case 'say': {
        const error =
          message.text.trim() === '' ? 'empty' : message.text.length > MAX_TEXT_CHARS ? 'too long' : undefined
        if (error === undefined) room.say(member, message.id, message.text)
        else send(member.socket, { type: 'error', id: message.id, error })
        return true
      }
      case 'typing':
        room.typing(member)
        return true
      case 'ping':
        send(member.socket, { type: 'pong', sentAt: message.sentAt, serverRtt: member.socket.rtt })
        return true
      default:
        return false
    }
  }

  /** Returns undefined where one room more is too many. */
  #open(name: string): Room | undefined {
    const room = this.#rooms.get(name)
    const { rooms } = this.#presence
    if (room !== undefined || (rooms.length >= MAX_ROOMS && !rooms.includes(name))) return room
    const opened = new Room(this.#ws, name)
    this.#rooms.set(name, opened)
    this.#presence.set(name, [])
    return opened
  }

  #join(name: string, room: Room, member: Member, httpVersion: string): void {
    const { socket, user } = member
    room.members.add(member)
    // Not awaited: should others' messages come later than our own, the room learns what it has missed, and tells its pages.
    for (const topic of [room.topic, EVERYBODY]) void socket.subscribe(topic)
    const [boot, history, isBrokerAway] = [this.#boot, room.history, this.#isBrokerAway]
    send(socket, { type: 'welcome', boot, you: user, history, isBrokerAway, httpVersion })
    this.#presence.set(name, room.people)
  }

  #leave(name: string, room: Room, member: Member): void {
    room.members.delete(member)
    this.#presence.set(name, room.people)
    if (room.members.size > 0 || ALWAYS_OPEN.includes(name)) return
    const drop = () => {
      if (room.members.size > 0 || this.#rooms.get(name) !== room) return
      this.#rooms.delete(name)
      room.close()
      this.#presence.set(name, undefined)
    }
    setTimeout(drop, EMPTY_ROOM_MS).unref()
  }

  /** Tells the rooms who is in them, and everybody how full the rooms are. */
  #tellPresence(rooms: readonly string[]): void {
    for (const name of rooms) this.#rooms.get(name)?.tellHere({ type: 'people', people: this.#presence.people(name) })
    this.#tellEverybody({ type: 'rooms', rooms: this.rooms })
  }

  #tellBroker(isAway: boolean): void {
    this.#isBrokerAway = isAway
    this.#tellEverybody({ type: 'broker', isAway })
  }

  /** Everybody of this app: the others tell theirs. */
  #tellEverybody(message: ToPage): void {
    this.#ws.publish(EVERYBODY, toJson(message), { local: true })
  }
}

/**
 * Slows down a page that talks too fast. While the handler waits here, it takes no further message,
 * and the connection stops reading once its buffer is full: nothing is lost, and only this peer waits.
 */
function pacer(): () => Promise<void> {
  let allowance = BURST
  let last = performance.now()
  return async () => {
    const now = performance.now()
    allowance = Math.min(BURST, allowance + ((now - last) / 1000) * PER_SECOND) - 1
    last = now
    if (allowance < 0) await sleep((-allowance / PER_SECOND) * 1000)
  }
}
