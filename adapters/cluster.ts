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
import { type Broker, type BrokerSink, checkOptions } from '../src/adapter.ts'
import { Backlog, DEFAULT_BACKLOG_BYTES } from './broker-backlog.ts'
import { Link } from './broker-link.ts'
import { type BrokerOptions, backlog, brokerOptions, checkSize, MAX_PAYLOAD_BYTES, whole } from './broker-options.ts'
import { connectPrimary, type Session } from './cluster-connection.ts'
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
  return new ClusterBroker(options)
}

class ClusterBroker implements Broker {
  readonly name = 'cluster'
  readonly maxPayloadBytes: number
  readonly #link: Link<Session>
  readonly #backlog: Backlog

  constructor(given: ClusterBrokerOptions) {
    const options = brokerOptions(given, { maxPayloadBytes: whole(1, 2 ** 29), prefix: () => 'has no meaning here' })
    const { replyTimeoutMs: timeoutMs } = options
    this.#backlog = new Backlog(this.name, options.maxBacklogBytes)
    this.maxPayloadBytes = options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES
    this.#link = new Link(this.name, timeoutMs, (life) => {
      const onMessage = (topic: string, envelope: Uint8Array): void => this.#link.tell(life, topic, envelope)
      return connectPrimary({ life, timeoutMs, onMessage })
    })
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
    const cost = this.#backlog.enter(topic, envelope)
    try {
      return await this.#link.current.publish(topic, envelope)
    } finally {
      this.#backlog.leave(cost)
    }
  }

  /** What it publishes does not come back. */
  async probe(): Promise<void> {
    await this.#link.current.probe()
  }

  async close(): Promise<void> {
    this.#link.close()
  }
}
