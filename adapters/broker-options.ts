import { inspect } from 'node:util'
import { type Broker, checkOptions, type Rule } from '../src/adapter.ts'

/** What all drivers know. */
export interface BrokerOptions {
  /**
   * Begins the name of each channel at the broker: apps of different prefixes on one broker do not hear one another, whatever their
   * peers call a topic.
   * @defaultValue 'sockroute:', on NATS 'sockroute.'
   */
  readonly prefix?: string
  /**
   * How long the broker may leave everything unanswered, connecting included. Then it is down, the connection is given up, and a
   * new one is tried: after 50 to 100 milliseconds, then more seldom, up to every 2 seconds.
   * @defaultValue 5_000
   */
  readonly replyTimeoutMs?: number
  /**
   * How much may be under way to the broker. What is published beyond that is rejected.
   * @defaultValue 67_108_864 (64 MiB)
   */
  readonly maxBacklogBytes?: number
}

/** Where a broker has no limit of its own. Redis cuts off a subscriber for which it holds 32 MiB, or 8 MiB for a minute. */
export const MAX_PAYLOAD_BYTES = 8_388_608

const MAX_TIMEOUT_MS = 2_147_483_647

export const whole =
  (least: number, most: number): Rule =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `takes a whole number from ${least} to ${most}`

export const flag: Rule = (value) => (typeof value === 'boolean' ? undefined : 'takes true or false')

const prefix: Rule = (value) =>
  typeof value === 'string' && !/[\s{}*>]/.test(value) ? undefined : 'takes a string without spaces, braces, * and >'

const timeout: Rule = whole(10, MAX_TIMEOUT_MS)

export const backlog: Rule = whole(1, Number.MAX_SAFE_INTEGER)

const RULES: Record<string, Rule> = { prefix, replyTimeoutMs: timeout, maxBacklogBytes: backlog }

/** Throws for what cannot be a right setting; returns what is left out as well. */
export function brokerOptions<O extends BrokerOptions>(
  options: O,
  more: Record<string, Rule> = {},
  defaultPrefix = 'sockroute:',
): O & Required<Pick<BrokerOptions, 'prefix' | 'replyTimeoutMs'>> {
  checkOptions(options, { ...RULES, ...more })
  return { ...options, prefix: options.prefix ?? defaultPrefix, replyTimeoutMs: options.replyTimeoutMs ?? 5_000 }
}

/** Throws for what is neither a URL nor an object: an environment variable that is not set, say. `takes` says what it has to be. */
export function checkTarget(target: unknown, takes: string): void {
  const isOne = typeof target === 'string' ? target !== '' : typeof target === 'object' && target !== null
  if (!isOne || Array.isArray(target)) throw new TypeError(`sockroute: ${takes}; got ${inspect(target, { depth: 0 })}`)
}

/** Throws where `publish` must not take it. */
export function checkSize({ name, maxPayloadBytes }: Broker, envelope: Uint8Array): void {
  if (envelope.length <= maxPayloadBytes) return
  throw new RangeError(`${name} takes ${maxPayloadBytes} bytes at most, not ${envelope.length}`)
}
