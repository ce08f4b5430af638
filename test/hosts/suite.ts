/** The shared suite: the same test on each of four hosts, over TCP; or, where the environment says so, over memory. */

import type { Server } from 'node:http'
import type { AddressInfo, Socket, Server as TcpServer } from 'node:net'
import t, { type Test } from 'tap'
import { memoryPair } from '../../adapters/testing-transport.ts'
import type { AppOptions } from '../../src/index.ts'
import type { AppVerbs } from '../../src/verbs.ts'
import { bridgeTo } from '../support/http2-bridge.ts'
import type { AppSpec, Host, HostedApp } from './host.ts'
import { HOSTS, isOverHttp2 } from './hosts.ts'
import { type Changes, handshake, RawClient } from './raw-client.ts'

/** Something that was logged: its level, its message and the error in its details. */
export interface LogEntry {
  readonly level: 'warn' | 'error'
  readonly message: string
  readonly err?: unknown
  readonly url?: string
  readonly status?: number
}

/** The same suite over what `inject` connects with: it has to be as TCP is. */
const IN_MEMORY = process.env.SOCKROUTE_IN_MEMORY !== undefined

/** A host that is running, for one test. */
export class Running implements HostedApp {
  readonly server: Server
  readonly ws: AppVerbs
  readonly port: number
  readonly isSecure: boolean
  readonly log: LogEntry[]
  readonly #app: HostedApp
  /** Where clients connect: the server, or the bridge in front of it. */
  readonly #door: TcpServer
  readonly #clients: RawClient[] = []
  #closed: Promise<unknown> | undefined = undefined

  constructor(app: HostedApp, log: LogEntry[], bridge?: TcpServer) {
    this.#app = app
    this.#door = bridge ?? app.server
    this.log = log
    this.server = app.server
    this.ws = app.ws
    this.isSecure = 'setSecureContext' in app.server
    this.port = (this.#door.address() as AddressInfo).port
  }

  async connect(): Promise<RawClient> {
    const client = IN_MEMORY ? clientInMemory(this.server) : await RawClient.connect(this.port)
    this.#clients.push(client)
    return client
  }

  /** A client that has sent a handshake, and perhaps more behind it in the same packet. */
  async send(changes: Changes = {}, ...behind: Buffer[]): Promise<RawClient> {
    const client = await this.connect()
    client.write(Buffer.concat([handshake(changes), ...behind]))
    return client
  }

  /** A client whose WebSocket is open. */
  async open(changes: Changes = {}, ...behind: Buffer[]): Promise<RawClient> {
    const client = await this.send(changes, ...behind)
    const { status, body } = await client.readHead()
    if (status !== 101) throw new Error(`expected 101; got ${status} ${body}`)
    return client
  }

  /** How many TCP connections clients have; and when they have none, how many there are behind the bridge. */
  async sockets(): Promise<number> {
    return (await connectionsOf(this.#door)) || connectionsOf(this.server)
  }

  /** Fulfils when the server has no TCP connection left, and everybody has heard of the last one's end. */
  async settled(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while ((await this.sockets()) > 0)
    await new Promise((resolve) => setImmediate(resolve))
  }

  close(): Promise<unknown> {
    this.#closed ??= this.#app.close()
    return this.#closed
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.close()
  }
}

/** Starts an app that ends with the test. */
export async function start(t: Test, host: Host, spec: AppSpec): Promise<Running> {
  const log: LogEntry[] = []
  const record = (level: LogEntry['level']) => (details: object, message: string) => {
    log.push({ level, message, ...details })
  }
  const options: AppOptions = {
    logger: { warn: record('warn'), error: record('error') },
    drain: { spreadMs: 0, deadlineMs: 500 },
    ...spec.options,
  }
  const app = await host.start({ ...spec, options })
  if (!isOverHttp2) return run(t, app, log)
  const bridge = await bridgeTo((app.server.address() as AddressInfo).port)
  t.teardown(() => bridge.close())
  return run(t, app, log, bridge)
}

/** Clients for an app that listens already, and both their ends with the test. */
export function run(t: Test, app: HostedApp, log: LogEntry[] = [], bridge?: TcpServer): Running {
  const running = new Running(app, log, bridge)
  t.teardown(() => running.stop())
  return running
}

/** What a client is told where an app replies with `status`: over HTTP/2 no refusal can be a success. RFC 8441 §5 */
export const asRefusal = (status: number): number => (isOverHttp2 && status < 300 ? 403 : status)

/** `onEachHost` for what only HTTP/1.1 has: its own words, Upgrade, a connection for each WebSocket. */
export const onEachHttp1Host: typeof onEachHost = async (...rest) => {
  if (!isOverHttp2) await onEachHost(...rest)
}

/**
 * The same test on every host. Tap lets a test fail on an uncaught exception and on an unhandled rejection, so no test
 * has to look for them.
 */
export async function onEachHost(
  name: string,
  test: (t: Test, begin: (spec: AppSpec) => Promise<Running>, host: Host) => Promise<void>,
): Promise<void> {
  for (const host of HOSTS) {
    await t.test(`${host.name}: ${name}`, (t) => test(t, (spec) => start(t, host, spec), host))
  }
}

function connectionsOf(server: TcpServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
}

function clientInMemory(server: Server): RawClient {
  const { client, server: accepted } = memoryPair({ remoteAddress: '127.0.0.1', encrypted: false })
  server.emit('connection', accepted)
  return new RawClient(client as unknown as Socket) // as far as it is used there
}
