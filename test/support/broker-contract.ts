/**
 * What any driver has to do, as a suite that any driver can run: `src/topics/broker.ts` in the form of checks. They know the
 * interface alone; what else is asked of the broker, as to end it, is in `BrokerUnderTest`.
 */

import type { Test } from 'tap'
import type { Broker } from '../../src/topics/broker.ts'
import { LIFE } from './broker-contract/life.ts'
import { MESSAGES } from './broker-contract/messages.ts'
import { OUTAGES } from './broker-contract/outages.ts'
import { Peers } from './broker-contract/peer.ts'
import { SUBSCRIPTIONS } from './broker-contract/subscriptions.ts'

/** A broker, and drivers for it. What is left out cannot be done to it, and skips the checks that need it. */
export interface BrokerUnderTest {
  /** A driver as a process of its own would have it, not started yet. */
  create(): Broker | Promise<Broker>
  /** How many subscriptions the broker has, of all drivers together. */
  subscriptions?(): Promise<number>
  /** Ends the broker as a crash does; fulfils when it is gone. */
  stop?(): Promise<void>
  /** Fulfils when it is there again, as empty as after a crash. */
  start?(): Promise<void>
  /** A driver that reaches the broker by a line of its own. */
  createOnLine?(): Promise<OnLine>
}

/** A driver for which time passes only when a check says so: on a busy machine a broker that is there may be late as well. */
export interface OnLine {
  readonly driver: Broker
  readonly line: Line
  /** So long that the driver asks a broker that says nothing; twice, and it gives up one that does not answer. */
  silence(): Promise<void>
  /** Time passes by itself again. */
  end(): void
}

/** The way between one driver and the broker. */
export interface Line {
  /** What the broker has sent to the driver. */
  readonly bytesDown: number
  /** What the driver has sent to the broker, and the line has taken. */
  readonly bytesUp: number
  /** Holds back all bytes in both directions; nobody is told. */
  stall(): void
  /** What was held back arrives. */
  heal(): void
}

/** One thing that a driver has to do. It rejects where the driver does not. */
export interface Check {
  readonly name: string
  readonly needs: readonly (keyof BrokerUnderTest)[]
  run(peers: Peers, broker: Required<BrokerUnderTest>): Promise<void>
}

/** How long anything may take, on a busy machine. */
const PATIENCE_MS = 60_000

export const CONTRACT: readonly Check[] = [...MESSAGES, ...SUBSCRIPTIONS, ...LIFE, ...OUTAGES]

/** Runs one check, and closes its drivers. What is waited for in vain is given up after `patienceMs`. */
export async function runCheck(check: Check, broker: BrokerUnderTest, patienceMs = PATIENCE_MS): Promise<void> {
  const peers = new Peers(broker, patienceMs)
  try {
    await check.run(peers, broker as Required<BrokerUnderTest>) // those that it needs are there: see `missing`
  } finally {
    await peers.close()
  }
}

/** What the check needs and this broker does not have. */
export function missing({ needs }: Check, broker: BrokerUnderTest): string[] {
  return needs.filter((what) => broker[what] === undefined)
}

/** All of it, a subtest each. */
export function brokerContract(t: Test, name: string, broker: BrokerUnderTest): void {
  for (const check of CONTRACT) {
    const lacks = missing(check, broker)
    t.test(`${name}: ${check.name}`, { skip: lacks.length > 0 && `no ${lacks.join(', ')}` }, async (t) => {
      await runCheck(check, broker)
      t.pass(check.name)
    })
  }
}
