/**
 * Topics over Redis or Valkey, by the package `redis`:
 *
 *     const broker = redisBroker('redis://localhost:6379')
 *     const broker = redisBroker({ url: 'rediss://redis.example.com', password, socket: { ca } })
 *     const broker = redisBroker(client)
 *
 * It has a connection of its own, whatever it is given.
 */

import type { Broker, BrokerSink } from '../src/adapter.ts'
import { Backlog } from './broker-backlog.ts'
import { Link } from './broker-link.ts'
import {
  type BrokerOptions,
  brokerOptions,
  checkSize,
  checkTarget,
  flag,
  MAX_PAYLOAD_BYTES,
  whole,
} from './broker-options.ts'
import { connectRedis, type RedisConnection } from './redis-connection.ts'
import { clientMaker, type RedisTarget, topologyOf } from './redis-settings.ts'
import { connectSharded } from './redis-sharded.ts'

export type { RedisClientLike, RedisClusterLike, RedisClusterSettings, RedisTarget } from './redis-settings.ts'

export interface RedisBrokerOptions extends BrokerOptions {
  /**
   * On a Redis Cluster, messages go to the shard of their topic alone (SPUBLISH, Redis 7); else to every node of the cluster.
   * All processes have to agree on it.
   * @defaultValue false
   */
  readonly sharded?: boolean
  /**
   * With `sharded`: over how many slots the topics are spread. All processes have to agree on it.
   * @defaultValue 64
   */
  readonly partitions?: number
  /** Largest envelope, in bytes. A larger one is rejected. @defaultValue 8_388_608 (8 MiB) */
  readonly maxPayloadBytes?: number
}

/** Throws for what cannot be right; whether the server is there shows when it is started. */
export function redisBroker(target: RedisTarget = {}, options: RedisBrokerOptions = {}): Broker {
  return new RedisBroker(target, options)
}

class RedisBroker implements Broker {
  readonly name = 'redis'
  readonly maxPayloadBytes: number
  readonly #link: Link<RedisConnection>
  readonly #backlog: Backlog

  constructor(target: RedisTarget, given: RedisBrokerOptions) {
    checkTarget(
      target,
      `redisBroker() takes a URL such as 'redis://localhost:6379', the settings of a client, or a client`,
    )
    const options = brokerOptions(given, {
      sharded: flag,
      partitions: whole(1, 16_384),
      maxPayloadBytes: whole(1, 2 ** 29),
    })
    const { prefix, replyTimeoutMs: timeoutMs, sharded = false, partitions = 64 } = options
    this.#backlog = new Backlog(this.name, options.maxBacklogBytes)
    this.maxPayloadBytes = options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES
    if (sharded) {
      const topology = topologyOf(target)
      this.#link = new Link(this.name, timeoutMs, (life) =>
        connectSharded({
          life,
          topology,
          timeoutMs,
          prefix,
          partitions,
          onMessage: (...told) => this.#link.tell(life, ...told),
        }),
      )
    } else {
      const make = clientMaker(target)
      this.#link = new Link(this.name, timeoutMs, (life) =>
        connectRedis({ life, make, timeoutMs, prefix, onMessage: (...told) => this.#link.tell(life, ...told) }),
      )
    }
  }

  start(sink: BrokerSink): void {
    this.#link.start(sink)
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#link.current.change(topics, true)
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    await this.#link.current.change(topics, false)
  }

  async publish(topic: string, envelope: Uint8Array): Promise<number> {
    checkSize(this, envelope)
    const { buffer, byteOffset, length } = envelope
    const bytes = Buffer.isBuffer(envelope) ? envelope : Buffer.from(buffer, byteOffset, length)
    const cost = this.#backlog.enter(topic, bytes)
    try {
      return await this.#link.current.publish(topic, bytes)
    } finally {
      this.#backlog.leave(cost)
    }
  }

  async close(): Promise<void> {
    this.#link.close()
  }
}
