/**
 * Topics over the processes of `node:cluster`, without any service:
 *
 *     if (cluster.isPrimary) {
 *       clusterPrimary()
 *       cluster.setupPrimary({ serialization: 'advanced' }) // else bytes go as base64, in JSON
 *       for (let i = 0; i < availableParallelism(); i++) cluster.fork()
 *     } else {
 *       const broker = clusterBroker()
 *     }
 *
 * It uses the channel that the processes have anyway. An app that listens there for 'message' itself hears ours as well: objects with
 * the one key 'sockroute:topics'.
 */

import cluster from 'node:cluster'
import { type Broker, checkOptions } from '../src/adapter.ts'
import { DEFAULT_BACKLOG_BYTES } from './broker-backlog.ts'
import { ProbedBroker } from './broker-driver.ts'
import { type BrokerOptions, backlog, brokerOptions, MAX_PAYLOAD_BYTES, whole } from './broker-options.ts'
import { connectPrimary } from './cluster-connection.ts'
import { Relay } from './cluster-relay.ts'

export interface ClusterOptions {
  /**
   * What the primary keeps for a worker that does not read. Beyond that it drops all of it, and the worker is told that it has
   * lost messages.
   * @defaultValue 67_108_864 (64 MiB)
   */
  readonly maxBacklogBytes?: number
}

export interface ClusterBrokerOptions extends Omit<BrokerOptions, 'prefix'> {
  /** Largest envelope, in bytes. A larger one is rejected. @defaultValue 8_388_608 (8 MiB) */
  readonly maxPayloadBytes?: number
}

/** What relays between the workers. */
export interface ClusterRelay {
  /** Of all workers together. */
  readonly subscriptions: number
  /** The workers are on their own then. */
  close(): void
}

let relay: Relay | undefined

/** In the primary: relays between the workers, those that it has and those that it will have. */
export function clusterPrimary(options: ClusterOptions = {}): ClusterRelay {
  if (!cluster.isPrimary)
    throw new TypeError('sockroute: clusterPrimary() is for the primary; a worker calls clusterBroker()')
  if (relay !== undefined) throw new TypeError('sockroute: this primary relays already; close that first')
  checkOptions(options, { maxBacklogBytes: backlog })
  const own = new Relay(options.maxBacklogBytes ?? DEFAULT_BACKLOG_BYTES)
  relay = own
  return {
    get subscriptions() {
      return own.subscriptions
    },
    close() {
      own.close()
      if (relay === own) relay = undefined
    },
  }
}

/** In a worker: reaches all other workers whose primary has called `clusterPrimary()`. */
export function clusterBroker(options: ClusterBrokerOptions = {}): Broker {
  if (!cluster.isWorker) {
    throw new TypeError(
      'sockroute: clusterBroker() is for a worker that cluster.fork() has started; one process alone needs no broker',
    )
  }
  const settings = brokerOptions(options, { maxPayloadBytes: whole(1, 2 ** 29), prefix: () => 'has no meaning here' })
  const { replyTimeoutMs: timeoutMs, maxPayloadBytes = MAX_PAYLOAD_BYTES } = settings
  return new ProbedBroker('cluster', { ...settings, maxPayloadBytes }, (life, onMessage) =>
    connectPrimary({ life, timeoutMs, onMessage }),
  )
}
