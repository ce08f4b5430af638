import { createClient, type RedisClientOptions } from 'redis'
import type { MakeClient } from './redis-connection.ts'

/** A client of the package `redis`, with whatever modules. Its settings are used, and never its connection. */
export interface RedisClientLike {
  readonly options: object
  duplicate(overrides?: object): object
}

/** A node of a cluster, as the cluster names it. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What `createCluster` takes. */
export interface RedisClusterSettings {
  readonly rootNodes: readonly RedisClientOptions[]
  readonly defaults?: RedisClientOptions
  /** Where the nodes have other addresses for this process than for one another. */
  readonly nodeAddressMap?: { [address: string]: Address } | ((address: string) => Address | undefined)
}

/** A cluster's client of the package `redis`, connected. Its settings are used, and never its connections. */
export interface RedisClusterLike {
  readonly masters: readonly Address[]
  nodeClient(node: never): unknown
}

/** A URL, the settings of a client or of a cluster's client, or such a client. */
export type RedisTarget = string | RedisClientOptions | RedisClientLike | RedisClusterSettings | RedisClusterLike

/** The ways to a cluster. */
export interface Topology {
  /** Nodes that can be asked for the others. */
  seeds(): Promise<readonly MakeClient[]>
  /** Clients of one node. */
  at(address: Address): MakeClient
}

/** What another use of a client may need, and this one must not have. */
const NOT_OURS: RedisClientOptions = {
  clientSideCache: undefined,
  emitInvalidate: undefined,
  commandsQueueMaxLength: undefined,
  pingInterval: undefined,
}

/** For one server. Throws where it cannot be that. */
export function clientMaker(target: RedisTarget): MakeClient {
  if (typeof target === 'object' && ('rootNodes' in target || 'masters' in target)) {
    throw new TypeError(`sockroute: a cluster is for { sharded: true }; without it, give the URL of one of its nodes`)
  }
  return maker(settingsOf(target))
}

/** For a cluster, of which one node may be enough to begin with. */
export function topologyOf(target: RedisTarget): Topology {
  if (typeof target === 'object' && 'rootNodes' in target) {
    const { rootNodes, defaults, nodeAddressMap } = target
    const seeds = rootNodes.map((node) => settingsOf({ ...defaults, ...node, socket: merged(defaults, node) }))
    if (seeds.length === 0) throw new TypeError('sockroute: rootNodes names no node of the cluster')
    const mapped = (address: Address): Address => {
      const name = `${address.host}:${address.port}`
      return (typeof nodeAddressMap === 'function' ? nodeAddressMap(name) : nodeAddressMap?.[name]) ?? address
    }
    return { seeds: async () => seeds.map(maker), at: (address) => maker(settingsAt(seeds[0], mapped(address))) }
  }
  if (typeof target === 'object' && 'masters' in target) return topologyOfClient(target)
  const settings = settingsOf(target)
  return { seeds: async () => [maker(settings)], at: (address) => maker(settingsAt(settings, address)) }
}

function topologyOfClient(cluster: RedisClusterLike): Topology {
  let settings: RedisClientOptions = {}
  return {
    async seeds() {
      if (cluster.masters.length === 0) throw new Error(`the cluster's client is not connected`)
      const clients = await Promise.all(cluster.masters.map((node) => cluster.nodeClient(node as never)))
      const all = clients.map((client) => settingsOf(client as RedisClientLike))
      settings = all[0]
      return all.map(maker)
    },
    at: (address) => maker(settingsAt(settings, address)),
  }
}

/** Read by the client itself, so that a URL means here what it means there. A client writes into what it is given: it gets copies. */
function settingsOf(target: string | RedisClientOptions | RedisClientLike): RedisClientOptions {
  if (typeof target === 'string') return settingsOf({ url: target })
  const given = 'duplicate' in target ? (target.options as RedisClientOptions) : target
  if ('host' in given || 'port' in given) {
    throw new TypeError(
      `sockroute: these are not settings of the package 'redis', where host and port are in socket: { socket: { host, port } }`,
    )
  }
  if ('duplicate' in target) return { ...given, url: undefined }
  const reader = createClient({ ...target, socket: merged(target), maintNotifications: 'disabled' })
  reader.destroy()
  return { ...(reader.options as RedisClientOptions), url: undefined }
}

function settingsAt(settings: RedisClientOptions, { host, port }: Address): RedisClientOptions {
  return { ...settings, socket: { ...merged(settings), host, port, path: undefined } as RedisClientOptions['socket'] }
}

const maker =
  (settings: RedisClientOptions): MakeClient =>
  (ours) =>
    createClient({ ...settings, ...NOT_OURS, ...ours, socket: merged(settings, ours) }) as ReturnType<MakeClient>

function merged(...settings: (RedisClientOptions | undefined)[]): RedisClientOptions['socket'] {
  return Object.assign({}, ...settings.map((one) => one?.socket)) as RedisClientOptions['socket']
}
