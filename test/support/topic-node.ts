import type { Connection } from '../../src/connection.ts'
import { Hub, type Opening } from '../../src/hub.ts'
import type { AppOptions, RouteOptions } from '../../src/options.ts'
import { type Missed, recentOrders } from '../../src/recent-orders.ts'
import { inherit } from '../../src/settings.ts'
import type { AppTopics } from '../../src/topics/app-topics.ts'
import type { TopicHub } from '../../src/topics/topic-hub.ts'
import type { Upgrade } from '../../src/upgrade.ts'
import { FakeClock } from './clock.ts'
import type { MemoryBroker, MemoryDriver } from './memory-broker.ts'
import { settle } from './open.ts'
import { type End, pair } from './pair.ts'
import { Peer } from './peer.ts'

export interface NodeSocket {
  readonly socket: Connection
  readonly transport: End
  readonly peer: Peer
}

/** One process of an app, with sockets over transports in memory. */
export interface TopicNode {
  readonly hub: Hub
  readonly topics: TopicHub
  readonly view: AppTopics
  /** There where a broker is. */
  readonly driver: MemoryDriver
  readonly logged: string[]
  open(route?: RouteOptions, ...topics: string[]): NodeSocket
  /** A handshake that is under way, until what this returns is called: then it opens, and its handler says whose it is. */
  begin(route: RouteOptions, data: Record<string, unknown>): () => NodeSocket
}

/** Of a handshake the hub asks no more than this. */
const upgrade = { depart: () => undefined, terminate: () => undefined, elapsedMs: 0, inForce: {} } as unknown as Upgrade

export function startNode(options: AppOptions = {}, broker?: MemoryBroker): TopicNode {
  const logged: string[] = []
  const log = (_: object, message: string): void => void logged.push(message)
  const driver = broker?.driver()
  const clock = broker?.clock ?? new FakeClock()
  const hub = new Hub({ pingIntervalMs: 'unlimited', broker: driver, clock, ...options }, { warn: log, error: log })
  const start = (route: RouteOptions, handler: Opening['handler'], missed?: Missed): NodeSocket => {
    const [transport, far] = pair()
    const peer = new Peer(far)
    const settings = inherit(hub.settings, route)
    const opening = { settings, protocol: '', handler, request: undefined, server: undefined }
    const { connection: socket } = hub.open(transport, Buffer.alloc(0), opening, upgrade, missed)
    return { socket, transport, peer }
  }
  const open = (route: RouteOptions = {}, ...topics: string[]): NodeSocket => {
    const opened = start(route, () => undefined)
    for (const topic of topics) void opened.socket.subscribe(topic)
    return opened
  }
  const begin = (route: RouteOptions, data: Record<string, unknown>) => {
    const since = recentOrders.begin()
    return (): NodeSocket => {
      const missed = recentOrders.since(since, hub.staying)
      recentOrders.end(since)
      return start(route, (socket) => Object.assign(socket, { data }), missed)
    }
  }
  return { hub, topics: hub.topics, view: hub.topics.view, driver: driver as MemoryDriver, logged, open, begin }
}

/** Time passes in small steps, and everything happens that it brings. */
export async function pass(clock: FakeClock, ms: number, stepMs = 1): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    clock.advance(Math.min(left, stepMs))
    await settle(3)
  }
  await settle()
}
