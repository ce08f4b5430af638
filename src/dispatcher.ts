import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AppSettings } from './defaults.ts'
import { serverOf } from './handshake-socket.ts'
import { acceptHttp2, isHttp2Server } from './http2/accept.ts'
import type { Hub } from './hub.ts'
import { serveAsPlainHttp } from './plain-http.ts'
import { DISPATCHER } from './process-wide.ts'
import { isWebSocketUpgrade } from './protocol/handshake.ts'
import { UNAVAILABLE, writeRefusal } from './refusal.ts'
import { carry } from './server-close.ts'
import { Upgrade } from './upgrade.ts'

/** An app on a server: what routes its upgrade requests. */
export interface Target {
  readonly hub: Hub
  /** Makes the response, whose `req` is then routed; where it is left out, Node's own for the request itself. */
  readonly respondTo?: (request: IncomingMessage) => ServerResponse
  /**
   * Whether it calls `next` where it has no route. One that replies always comes behind those that do.
   * @defaultValue true
   */
  readonly passesOn?: boolean
  /** Runs the app's whole chain. Calls `next` where it has no route, if `next` is given; else it replies itself. */
  route(request: IncomingMessage, response: ServerResponse, next?: () => void): unknown
}

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void
/** Node has it from 22.21 and 24.9 on: whether a request is upgraded at all. */
type Upgradable = Server & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean }

/**
 * Decides about all upgrade requests of one server, for every app that is on it: ours are routed, and no other
 * 'upgrade' listener sees them; those that `passUpgrades` names go to the other listeners, whenever those were added;
 * and what asks for no WebSocket is plain HTTP.
 */
export class Dispatcher {
  readonly #server: Upgradable
  readonly #targets: Target[] = []
  readonly #seen = new WeakSet<IncomingMessage>()

  /** The one dispatcher of `server`. */
  static of(server: Server & { [DISPATCHER]?: Dispatcher }): Dispatcher {
    server[DISPATCHER] ??= new Dispatcher(server)
    return server[DISPATCHER]
  }

  private constructor(server: Upgradable) {
    this.#server = server
    this.#takeUpgrades(server.emit)
    this.#decideEarly(server.shouldUpgradeCallback)
  }

  add(target: Target): void {
    if (this.#targets.some(({ hub }) => hub === target.hub)) return
    const passesOn = ({ passesOn = true }: Target): boolean => passesOn
    const at = this.#targets.findIndex((other) => passesOn(target) && !passesOn(other))
    this.#targets.splice(at < 0 ? this.#targets.length : at, 0, target)
    carry(this.#server, target.hub)
    if (target.hub.settings.http2 && isHttp2Server(this.#server)) acceptHttp2(this.#server)
  }

  /** An emitter cannot stop an event halfway, so ours is taken out before it is one. */
  #takeUpgrades(emit: Server['emit']): void {
    const server = this.#server
    const dispatch = this.#dispatch
    server.emit = function (this: Server, event: string, ...args: unknown[]): boolean {
      if (event === 'upgrade' && dispatch(...(args as Parameters<UpgradeListener>))) return true
      return Reflect.apply(emit, this, [event, ...args]) // the event's arguments, whatever they are
    } as Server['emit']
    // Node upgrades only where somebody listens; and who holds the old `emit` comes here.
    server.on('upgrade', this.#dispatch)
  }

  /** Where Node asks before it upgrades, what is no WebSocket never leaves HTTP. */
  #decideEarly(decide: Upgradable['shouldUpgradeCallback']): void {
    if (decide === undefined) return
    this.#server.shouldUpgradeCallback = (request) =>
      this.#isPassed(request) === true
        ? this.#hasOthers() && decide.call(this.#server, request)
        : isWebSocketUpgrade(request)
  }

  /** Returns whether the request was ours. */
  readonly #dispatch = (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
    if (this.#seen.has(request)) return true
    const passed = this.#isPassed(request)
    if (passed === true && this.#hasOthers()) return false
    this.#seen.add(request)
    if (passed === true || !isWebSocketUpgrade(request)) {
      serveAsPlainHttp(serverOf(request.socket) ?? this.#server, request, socket, head) // a second listener of the app has its own
      return true
    }
    const { hub, respondTo } = this.#targets[0]
    const response = respondTo?.(request) ?? new ServerResponse(request)
    const upgrade = new Upgrade(hub, response, socket, head)
    upgrade.begin(() => {
      if (passed instanceof Error) throw passed
      return this.#route(0, upgrade)
    })
    return true
  }

  /**
   * Each app in turn, until one has the route; the last replies in any case. One that takes no more is passed over: it may
   * have had the route that no other has, so its 503 is then the answer, and not another's 404.
   */
  #route(at: number, upgrade: Upgrade, isPassedOver = false): unknown {
    const target = at < this.#targets.length ? this.#targets[at] : undefined
    if (target === undefined) return writeRefusal(upgrade.response, UNAVAILABLE)
    if (!upgrade.enter(target.hub)) return this.#route(at + 1, upgrade, true)
    const isLast = !isPassedOver && at === this.#targets.length - 1
    const next = (): unknown => this.#route(at + 1, upgrade, isPassedOver)
    return target.route(upgrade.request, upgrade.response, isLast ? undefined : next)
  }

  /** A user's function that throws fails this one request: the error is what routing then throws. */
  #isPassed(request: IncomingMessage): boolean | Error {
    try {
      return this.#targets.some(({ hub }) => isPassed(request, hub.settings.passUpgrades))
    } catch (error) {
      return new Error('the function given as passUpgrades failed', { cause: error })
    }
  }

  #hasOthers(): boolean {
    return this.#server.listeners('upgrade').some((listener) => listener !== this.#dispatch)
  }
}

function isPassed(request: IncomingMessage, passUpgrades: AppSettings['passUpgrades']): boolean {
  if (typeof passUpgrades === 'function') return passUpgrades(request)
  return passUpgrades.some((prefix) => request.url?.startsWith(prefix))
}
