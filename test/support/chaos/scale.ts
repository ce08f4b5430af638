/** How long, and how often: a short form every day, the whole in CI, and what `npm run chaos` asks for. */

import { BROKERS, type BrokerName } from './broker.ts'

const { CI, SOCKROUTE_CHAOS_SECONDS, SOCKROUTE_CHAOS_ROUNDS, SOCKROUTE_CHAOS_BROKERS, SOCKROUTE_SEED } = process.env

/** How long the crowd goes on. */
export const SECONDS = Number(SOCKROUTE_CHAOS_SECONDS ?? (CI ? 30 : 5))

/** How long the broker is away, and how often each of them. */
export const LENGTHS_S: readonly number[] = CI || SOCKROUTE_CHAOS_ROUNDS ? [0.2, 3, 9] : [0.2, 3]
export const ROUNDS = Number(SOCKROUTE_CHAOS_ROUNDS ?? 1)

/** To see the same again: a failure prints it. */
export const SEED = Number(SOCKROUTE_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** Valkey is Redis in all that matters here: it has the short tests every day, and all of them by the command. */
export const USUAL: readonly BrokerName[] = chosen(['redis-server', 'nats-server'])
export const EACH: readonly BrokerName[] = chosen(BROKERS)

function chosen(brokers: readonly BrokerName[]): readonly BrokerName[] {
  return SOCKROUTE_CHAOS_BROKERS === undefined
    ? brokers
    : BROKERS.filter((name) => SOCKROUTE_CHAOS_BROKERS.split(',').includes(name))
}
