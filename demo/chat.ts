import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'sockroute'
import { MAX_TEXT_CHARS, readMessage, type ToPage, type User } from './messages.ts'
import { broadcast, type Member, Room, send } from './room.ts'

const ALWAYS_OPEN = ['lobby', 'random']
const MAX_ROOMS = 100
/** An empty room keeps its history this long, so that a lone reload does not lose it. */
const EMPTY_ROOM_MS = 60_000
/** Presence is told at most this often, however many come and go. */
const PRESENCE_EVERY_MS = 50
/** A page may send this many messages at once, and this many per second from then on. */
const BURST = 20
const PER_SECOND = 5

type RoomList = (ToPage & { type: 'rooms' })['rooms']

/** The whole chat, in memory. It knows neither Express nor Fastify: both hand it their sockets. */
export class Chat {
  /** Tells a page that the server it is talking to is another one than before. */
  readonly #boot = randomUUID()
  readonly #rooms = new Map<string, Room>(ALWAYS_OPEN.map((name) => [name, new Room()]))
  readonly #changed = new Set<Room>()

  get rooms(): RoomList {
    return [...this.#rooms].map(([name, room]) => ({ name, people: room.people.length }))
  }

  /** The life of one connection. Messages come in order, and the next one waits until this one is done with. */
  async serve(socket: Connection, roomName: string, user: User, via: string): Promise<void> {
    const room = this.#open(roomName)
    if (room === undefined) return socket.close(1013, 'too many rooms are open')
    const member: Member = { socket, user, via }
    this.#join(room, member)
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

  /** Ends every connection of one user, on whichever server. */
  logOut(user: User): void {
    for (const room of this.#rooms.values()) {
      for (const member of room.members) if (member.user.id === user.id) member.socket.close(4001, 'logged out')
    }
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
        broadcast(othersThan(member, room), { type: 'typing', user: member.user })
        return true
      case 'ping':
        send(member.socket, { type: 'pong', sentAt: message.sentAt, serverRtt: member.socket.rtt })
        return true
      default:
        return false
    }
  }

  #open(name: string): Room | undefined {
    const room = this.#rooms.get(name)
    if (room !== undefined || this.#rooms.size >= MAX_ROOMS) return room
    const opened = new Room()
    this.#rooms.set(name, opened)
    return opened
  }

  #join(room: Room, member: Member): void {
    room.members.add(member)
    send(member.socket, { type: 'welcome', boot: this.#boot, you: member.user, history: room.history })
    this.#tellPresence(room)
  }

  #leave(name: string, room: Room, member: Member): void {
    room.members.delete(member)
    this.#tellPresence(room)
    if (room.members.size > 0 || ALWAYS_OPEN.includes(name)) return
    const drop = () => {
      if (room.members.size > 0 || this.#rooms.get(name) !== room) return
      this.#rooms.delete(name)
      this.#tellPresence(room)
    }
    setTimeout(drop, EMPTY_ROOM_MS).unref()
  }

  /** Tells the room who is in it, and everybody how full the rooms are: soon, and once for many changes. */
  #tellPresence(room: Room): void {
    this.#changed.add(room)
    if (this.#changed.size > 1) return
    setTimeout(() => {
      for (const { members, people } of this.#changed) broadcast(members, { type: 'people', people })
      this.#changed.clear()
      const everybody = [...this.#rooms.values()].flatMap(({ members }) => [...members])
      broadcast(everybody, { type: 'rooms', rooms: this.rooms })
    }, PRESENCE_EVERY_MS).unref()
  }
}

function othersThan(self: Member, room: Room): Member[] {
  return [...room.members].filter((member) => member.user.id !== self.user.id)
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
