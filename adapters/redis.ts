/**
 * Topics over Redis or Valkey, by the package `redis`:
 *
 *     const broker = redisBroker('redis://localhost:6379')
 *     const broker = redisBroker({ url: 'rediss://redis.example.com', password, socket: { ca } })
 *     const broker = redisBroker(client)
 *
 * It has a connection of its own, whatever it is given.
 */

import type { Broker } from '../src/adapter.ts'
import { type BrokerConnection, type ConnectBroker, LinkedBroker } from './broker-driver.ts'
import { type BrokerOptions, brokerOptions, checkTarget, flag, MAX_PAYLOAD_BYTES, whole } from './broker-options.ts'
import { connectRedis } from './redis-connection.ts'
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
export function redisBroker(target: RedisTarget = {}, given: RedisBrokerOptions = {}): Broker {
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
  const settings = { ...options, maxPayloadBytes: options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES }
  return new LinkedBroker('redis', settings, sharded ? toCluster() : toServer())

  function toServer(): ConnectBroker<BrokerConnection> {
    const make = clientMaker(target)
    return (life, onMessage) => connectRedis({ life, make, timeoutMs, prefix, onMessage })
  }

  function toCluster(): ConnectBroker<BrokerConnection> {
    const topology = topologyOf(target)
    return (life, onMessage) => connectSharded({ life, topology, timeoutMs, prefix, partitions, onMessage })
  }
}
