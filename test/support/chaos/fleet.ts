/** Several server processes on one broker, and their clients. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { until } from '../until.ts'
import { type Account, account } from './account.ts'
import type { Census, ChaosBroker } from './broker.ts'
import { ChaosClient } from './client.ts'
import { ServerProcess } from './server-process.ts'
import type { Published, ServerOrders } from './told.ts'

/** Nothing has come for so long, and so often: nothing is under way, and nobody has just been kept from running. */
const QUIET_MS = 250
const QUIET_TIMES = 3
/** Nobody is slow who is not meant to be. */
const MAX_BUFFERED_BYTES = 8_388_608
/** So old may a message come, on a machine that does other things as well: less than anything is held back here. */
export const LATE_MS = 5_000

export class Fleet {
  readonly broker: ChaosBroker
  /** Those that run. */
  readonly servers: ServerProcess[] = []
  /** All there ever were. */
  readonly everyServer: ServerProcess[] = []
  readonly clients: ChaosClient[] = []
  readonly #t: Test
  #names = 0

  constructor(t: Test, broker: ChaosBroker) {
    this.#t = t
    this.broker = broker
  }

  /** One with so many processes. */
  static async start(t: Test, broker: ChaosBroker, count = 3, orders: Partial<ServerOrders> = {}): Promise<Fleet> {
    const fleet = new Fleet(t, broker)
    await Promise.all(Array.from({ length: count }, (_, at) => fleet.startServer(`s${at}`, orders)))
    fleet.servers.sort((one, other) => one.name.localeCompare(other.name))
    return fleet
  }

  async startServer(name: string, orders: Partial<ServerOrders> = {}, command: string[] = []): Promise<ServerProcess> {
    const { kind } = this.broker
    const usual = { broker: kind, url: this.broker.url(), host: '127.0.0.1', maxBufferedBytes: MAX_BUFFERED_BYTES }
    const server = new ServerProcess({ name, port: 0, ...usual, ...orders }, command)
    this.#t.teardown(() => server.end('SIGKILL'))
    await server.ready()
    this.servers.push(server)
    this.everyServer.push(server)
    return server
  }

  /** Fulfils when it is gone; it is none of `servers` from the beginning. */
  endServer(server: ServerProcess, signal: NodeJS.Signals): Promise<void> {
    this.servers.splice(this.servers.indexOf(server), 1)
    return server.end(signal)
  }

  async join(server: ServerProcess, topics: readonly string[] = [], path = ''): Promise<ChaosClient> {
    const client = await ChaosClient.open(`c${this.#names++}`, server.name, server.url + path)
    this.#t.teardown(() => client.socket.terminate())
    this.clients.push(client)
    await Promise.all(topics.map((topic) => client.subscribe(topic)))
    return client
  }

  /** So many clients, one after the other on each server. */
  async joinMany(count: number, topics: readonly string[] = []): Promise<ChaosClient[]> {
    const joined: ChaosClient[] = []
    while (joined.length < count) {
      const few = this.servers.map((server) => this.join(server, topics))
      joined.push(...(await Promise.all(few)))
    }
    return joined
  }

  /** What each process told of outages, as `degraded,restored`. */
  get stories(): string[] {
    return this.servers.map(({ story }) => story)
  }

  /** All that was published, by any process there was. */
  get published(): Published[] {
    return this.everyServer.flatMap(({ published }) => published)
  }

  /** These publish on a topic all the time, until what is returned is called. */
  publishing(clients: readonly ChaosClient[], topic: string, everyMs: number): () => void {
    const timer = setInterval(() => {
      for (const client of clients) client.publish(topic)
    }, everyMs)
    const stop = (): void => clearInterval(timer)
    this.#t.teardown(stop)
    return stop
  }

  /** Fulfils when nothing is under way any more, and the broker has what is wanted. */
  async settles(): Promise<void> {
    await this.quiet()
    await this.agrees()
  }

  /** Fulfils when nothing is under way any more. */
  async quiet(): Promise<void> {
    let before = -1
    let times = 0
    await until('nothing is under way', async () => {
      await delay(QUIET_MS)
      const running = this.servers.map((server) => server.figures()) // each tells what it has published before
      await Promise.all(running)
      const now = this.clients.reduce((sum, { deliveries, gaps }) => sum + deliveries.length + gaps.length, 0)
      times = now === before ? times + 1 : 0
      before = now
      return times === QUIET_TIMES
    })
  }

  /** What the processes have subscribers for. */
  async wanted(): Promise<Census> {
    const census: Census = {}
    for (const server of this.servers) {
      for (const topic of Object.keys((await server.figures()).topics)) census[topic] = (census[topic] ?? 0) + 1
    }
    return census
  }

  /** Fulfils when the broker has what the processes want, and nothing more. */
  async agrees(): Promise<void> {
    let wrong: string[] = []
    try {
      await until('the broker has what is wanted', async () => {
        wrong = differences(await this.broker.census(), await this.wanted())
        return wrong.length === 0
      })
    } catch (error) {
      throw new Error(`${wrong.length} topics differ: ${wrong.slice(0, 10).join(', ')}`, { cause: error })
    }
  }

  /** Of all that was published. */
  account(lateMs = LATE_MS): Account {
    const restored = this.everyServer.flatMap(({ name, outages }) =>
      outages.flatMap((told) => (told.kind === 'restored' ? { ...told, origin: name } : [])),
    )
    return account(this.published, this.clients, restored, lateMs)
  }

  /** All accounts are right, and the processes had nothing to complain of. Returns the account. */
  passes(t: Test, lateMs = LATE_MS): Account {
    const result = this.account(lateMs)
    const { sent, delivered, rejected, inGaps, latestMs, faults } = result
    t.comment(`${sent} sent: ${delivered} delivered, ${rejected} rejected, ${inGaps} in gaps; latest ${latestMs} ms`)
    t.same(faults.slice(0, 10), [], `${faults.length} faults`)
    t.equal(sent, delivered + rejected + inGaps, 'every message is accounted for')
    return result
  }
}

function differences(has: Census, wants: Census): string[] {
  return Object.keys({ ...has, ...wants })
    .filter((topic) => has[topic] !== wants[topic])
    .map((topic) => `${topic} has ${has[topic] ?? 0} and is to have ${wants[topic] ?? 0}`)
}
