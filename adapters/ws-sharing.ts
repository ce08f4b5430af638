import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { isThenable } from '../src/adapter.ts'

/** A WebSocketServer on a server that others may be on, too. */
export interface Sharer {
  shouldHandle(request: IncomingMessage): unknown
  /** It answers, well or badly. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Calls `task` after a time that no other listener needs to begin its answer. */
  later(task: () => void): void
}

/**
 * Who answers an upgrade request of one server: of all WebSocketServers on it, the first whose path it is. `ws` has each of
 * them answer, so that the first whose path it is not refuses it.
 */
export class Sharing {
  static readonly #known = new WeakMap<Server, Sharing>()
  readonly #server: Server
  readonly #sharers: Sharer[] = []

  static of(server: Server): Sharing {
    const sharing = Sharing.#known.get(server) ?? new Sharing(server)
    Sharing.#known.set(server, sharing)
    return sharing
  }

  private constructor(server: Server) {
    this.#server = server
  }

  join(sharer: Sharer): void {
    if (this.#sharers.push(sharer) === 1) this.#server.on('upgrade', this.#onUpgrade)
  }

  leave(sharer: Sharer): void {
    this.#sharers.splice(this.#sharers.indexOf(sharer), 1)
    if (this.#sharers.length === 0) this.#server.off('upgrade', this.#onUpgrade)
  }

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const [first] = this.#sharers
    const isAlone = !this.#hasOthers()
    const isOnly = isAlone && this.#sharers.length === 1 // and asks itself
    const taker = isOnly ? first : this.#sharers.find((sharer) => handles(sharer, request))
    if (taker !== undefined || isAlone) (taker ?? first).take(request, socket, head)
    else this.#leaveToOthers(first, request, socket, head)
  }

  /** Another listener's request, or nobody's: then nobody would ever end it. */
  #leaveToOthers(sharer: Sharer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const writtenOf = (): unknown => 'bytesWritten' in socket && socket.bytesWritten
    const before = writtenOf()
    socket.on('error', ignore)
    sharer.later(() => {
      if (!socket.destroyed && writtenOf() === before) sharer.take(request, socket, head)
    })
  }

  #hasOthers(): boolean {
    return this.#server.listeners('upgrade').some((listener) => listener !== this.#onUpgrade)
  }
}

/** 'close' follows, and there may be nobody else yet. */
const ignore = (): void => undefined

/** One that fails on a request has it, and one that answers later: it is asked again when it has the socket to reply on. */
function handles(sharer: Sharer, request: IncomingMessage): boolean {
  try {
    const answer = sharer.shouldHandle(request)
    if (isThenable(answer)) answer.then(undefined, ignore)
    return Boolean(answer)
  } catch {
    return true
  }
}
