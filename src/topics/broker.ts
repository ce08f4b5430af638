/**
 * What a driver has to do so that topics reach further than one process. It carries bytes and knows nothing of sockets,
 * subscribers, sequences or gaps: those are the relay's. `test/support/broker-contract.ts` is its specification, and any driver can run it.
 */

/** What a driver tells. */
export interface BrokerSink {
  /** A message on a topic that is subscribed to. What a driver published itself comes back, too, unless it has `probe`. */
  onMessage(topic: string, envelope: Uint8Array): void
  /**
   * The broker can be reached, for the first time or again. Nothing is subscribed to then, whatever was before: the relay
   * subscribes anew.
   */
  onUp(): void
  /** The broker cannot be reached, or what it sent may have been lost. Called once; only after `onUp` it may be called again. */
  onDown(reason: Error): void
}

/** A way to other processes. All promises reject while the broker is down: nothing is ever queued for later. */
export interface Broker {
  /** For log lines: 'redis', 'nats'. */
  readonly name: string
  /** Largest envelope that `publish` takes, in bytes. It may change with `onUp`. */
  readonly maxPayloadBytes: number
  /**
   * Begins to connect, and goes on trying, with jitter, until `close`. Throws for what cannot be a right setting; a broker
   * that is not there is no error, but `onDown`.
   */
  start(sink: BrokerSink): void
  /** Fulfils when the broker has acknowledged: what anybody publishes from then on arrives. One already subscribed to is no error. */
  subscribe(topics: readonly string[]): Promise<void>
  /** Fulfils when the broker has acknowledged. One not subscribed to is no error. */
  unsubscribe(topics: readonly string[]): Promise<void>
  /**
   * Fulfils when the broker has taken it, with the number of processes that it went to, where the broker tells. Those of one process on one
   * topic arrive in the order of the calls. `envelope` is not changed afterwards.
   */
  publish(topic: string, envelope: Uint8Array): Promise<number | undefined>
  /**
   * For a driver to whom its own messages do not come back. Fulfils when the broker has answered something sent now, behind every
   * message that it had sent before. Without it the relay publishes to a topic of its own, and waits for that.
   */
  probe?(): Promise<void>
  /**
   * For a driver with a connection. It is dead, though nobody has said so: it is given up for a new one, and `onDown` and `onUp`
   * follow as if it had broken.
   */
  reconnect?(): void
  /** Lets go of the broker. Nothing is told any more, unless `start` is called again. */
  close(): Promise<void>
}
