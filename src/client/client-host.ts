import { Budget } from '../budget.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Connection } from '../connection.ts'
import { DEFAULTS } from '../defaults.ts'
import { Heartbeat } from '../heartbeat.ts'
import type { Wire } from '../wire.ts'
import type { WireHost } from '../wire-host.ts'
import { NO_TOPICS, noServer } from './no-topics.ts'

const hosts = new WeakMap<Clock, ClientHost>()

/** What all clients of a process share: one heartbeat, and one bound of what they hold together. */
export class ClientHost implements WireHost {
  readonly heartbeat: Heartbeat<Wire>
  readonly budget: Budget
  readonly topics: WireHost['topics'] = NO_TOPICS
  readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
    this.heartbeat = new Heartbeat<Wire>(clock)
    this.budget = new Budget(DEFAULTS.maxTotalBytes, this.heartbeat.members)
  }

  /** The one of this clock. */
  static of(clock: Clock = systemClock): ClientHost {
    const host = hosts.get(clock) ?? new ClientHost(clock)
    hosts.set(clock, host)
    return host
  }

  /** As any emitter's: what a listener throws and nobody takes is the process's. */
  onHandlerError(error: unknown, _connection: Connection): void {
    process.nextTick(() => {
      throw error
    })
  }

  onHandlerFailed(): void {
    // nobody counts
  }

  onRoundTrip(): void {
    // nobody counts
  }

  onClosed(): void {
    // nobody counts
  }

  onSettled(): void {
    // nobody waits
  }

  onLimit(): void {
    // nobody counts
  }

  reauthenticate(): never {
    return noServer()
  }

  onLost(): void {
    // whoever asked for the end alone wanted no messages
  }
}
