import { ErrorReply } from 'redis'
import { Changes } from './broker-changes.ts'
import type { BrokerConnection } from './broker-driver.ts'
import type { Life } from './broker-link.ts'
import { channelsOf } from './redis-channel.ts'
import { connectClient, connectWire, isRefusal, type MakeClient, type Wire } from './redis-connection.ts'
import type { Address, Topology } from './redis-settings.ts'
import { partitionOf, slotOf } from './redis-slots.ts'

/** A master, asked by one client and heard by another: on the hearing one nothing else waits for a reply, so that the loss of a slot is told. */
interface Shard {
  readonly publisher: Wire
  readonly subscriber: Wire
}

interface ShardedOptions {
  readonly life: Life
  readonly topology: Topology
  readonly timeoutMs: number
  readonly prefix: string
  readonly partitions: number
  readonly onMessage: (topic: string, message: Buffer) => void
}

/** What a node answers that is not the slot's master, or not now. */
const MOVED = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|LOADING)\b/

/**
 * One connection to all masters that have a partition. Wherever a slot goes, it ends as a whole, and the next finds the slot:
 * what was published in between may be lost, and is told as lost.
 */
export async function connectSharded(options: ShardedOptions): Promise<BrokerConnection> {
  const { life, prefix, partitions } = options
  const shards = await connectShards(options)
  const expect = <T>({ answers }: Wire, answer: Promise<T>): Promise<T> =>
    answers.expect(answer).catch((error) => failed(life, error))
  const listener = (message: Buffer, channel: Buffer): void =>
    options.onMessage(topicIn(channel.toString(), prefix), message)
  const channelOf = (topic: string): { channel: string; shard: Shard; partition: number } => {
    const partition = partitionOf(topic, partitions)
    return { channel: channelsOf(prefix, partition) + topic, shard: shards[partition], partition }
  }
  const changes = new Changes(async (on, off) => {
    life.signal.throwIfAborted()
    await Promise.all([
      ...byPartition(on).map(({ shard: { subscriber }, channels }) =>
        expect(subscriber, subscriber.client.sSubscribe(channels, listener, true)),
      ),
      ...byPartition(off).map(({ shard: { subscriber }, channels }) =>
        expect(subscriber, subscriber.client.sUnsubscribe(channels, listener, true)),
      ),
    ])
  })
  const byPartition = (topics: readonly string[]): { shard: Shard; channels: string[] }[] => {
    const found = new Map<number, { shard: Shard; channels: string[] }>()
    for (const { channel, shard, partition } of topics.map(channelOf)) {
      const one = found.get(partition) ?? { shard, channels: [] }
      found.set(partition, one)
      one.channels.push(channel)
    }
    return [...found.values()]
  }
  return {
    publish(topic, envelope) {
      const { channel, shard } = channelOf(topic)
      const { publisher } = shard
      return expect(publisher, publisher.client.sendCommand<number>(['SPUBLISH', channel, envelope]))
    },
    change: (topics, isOn) => changes.change(topics, isOn),
  }
}

function failed(life: Life, error: Error): never {
  if (error instanceof ErrorReply && MOVED.test(error.message)) life.abort(error)
  throw error
}

function topicIn(channel: string, prefix: string): string {
  return channel.slice(channel.indexOf('}:', prefix.length) + 2)
}

/** The shard of each partition. */
async function connectShards(options: ShardedOptions): Promise<Shard[]> {
  const { topology, partitions } = options
  const { owners, protocol } = await discover(options)
  const nodes = new Map<string, Promise<Shard>>()
  const shardOf = (partition: number): Promise<Shard> => {
    const slot = slotOf(String(partition))
    const owner = owners.find(({ from, to }) => slot >= from && slot <= to)
    if (owner === undefined) return Promise.reject(new Error(`no node of the cluster has slot ${slot}`))
    const name = `${owner.host}:${owner.port}`
    const shard = nodes.get(name) ?? connectShard(options, topology.at(owner), protocol, partition)
    nodes.set(name, shard)
    return shard
  }
  return Promise.all(Array.from({ length: partitions }, (_, partition) => shardOf(partition)))
}

/**
 * Asked on the hearing connection is the end of a subscription that nobody has. Behind any other question the client would take no
 * notice of a slot that goes; behind this one it notices, if by a miscount.
 */
async function connectShard(
  options: ShardedOptions,
  make: MakeClient,
  protocol: 2 | 3,
  partition: number,
): Promise<Shard> {
  const { life, timeoutMs, prefix } = options
  const nobodys = channelsOf(prefix, partition) // a topic is never empty
  const [publisher, subscriber] = await Promise.all([
    connectWire({ life, make, timeoutMs }, protocol),
    connectWire({ life, make, timeoutMs }, protocol, (client) => client.sUnsubscribe([nobodys], () => undefined, true)),
  ])
  subscriber.client.on('sharded-channel-moved', () => life.abort(new Error('a slot of the cluster has moved')))
  return { publisher, subscriber }
}

interface Owner extends Address {
  readonly from: number
  readonly to: number
}

/** Asks the first node that answers. */
async function discover(options: ShardedOptions): Promise<{ owners: Owner[]; protocol: 2 | 3 }> {
  const failures: unknown[] = []
  for (const make of shuffled(await options.topology.seeds())) {
    for (const protocol of [3, 2] as const) {
      try {
        return { owners: await ownersBy(options, make, protocol), protocol }
      } catch (error) {
        options.life.signal.throwIfAborted()
        failures.push(error)
        if (!isRefusal(error)) break
      }
    }
  }
  throw failures.at(-1)
}

async function ownersBy({ life, timeoutMs }: ShardedOptions, make: MakeClient, protocol: 2 | 3): Promise<Owner[]> {
  const client = await connectClient({ life, make, timeoutMs }, protocol)
  try {
    const slots = await client.clusterSlots()
    return slots.map(({ from, to, master }) => ({ from, to, host: master.host, port: master.port }))
  } finally {
    client.destroy()
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  const start = Math.floor(Math.random() * items.length)
  return [...items.slice(start), ...items.slice(0, start)]
}
