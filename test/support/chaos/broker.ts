/** The brokers that topics go over here, and what they say is subscribed to. */

import { createClient } from 'redis'
import type { Test } from 'tap'
import { channelsOf } from '../../../adapters/redis-channel.ts'
import { BrokerProgram, missing, natsCommand, redisCommand } from '../broker-program.ts'
import { freePort } from '../free-port.ts'

/** How the channels of our topics begin, with the prefix that is the default. */
const CHANNELS = channelsOf('sockroute:')

export const BROKERS = ['redis-server', 'valkey-server', 'nats-server'] as const
export type BrokerName = (typeof BROKERS)[number]

/**
 * How many processes are subscribed to each topic. The processes' own topics are left out: a broker that has not noticed yet that a
 * line is cut may still have them of a connection that nobody has any more.
 */
export type Census = Record<string, number>

const OF_A_PROCESS = /^sockroute\.(node\.|orders$)/

/** A broker that may be ended and begun anew, and asked what it has. */
export class ChaosBroker {
  readonly kind: 'redis' | 'nats'
  readonly program: BrokerProgram
  readonly #monitorPort: number

  private constructor(kind: 'redis' | 'nats', program: BrokerProgram, monitorPort: number) {
    this.kind = kind
    this.program = program
    this.#monitorPort = monitorPort
  }

  /** `more` are arguments of the program. */
  static async start(t: Test, name: BrokerName, ...more: string[]): Promise<ChaosBroker> {
    const monitorPort = await freePort()
    const isNats = name === 'nats-server'
    const command = isNats ? natsCommand(monitorPort, ...more) : redisCommand(name, ...more)
    const program = await BrokerProgram.start(t, command)
    return new ChaosBroker(isNats ? 'nats' : 'redis', program, monitorPort)
  }

  /** By another port or host where a line is in between. */
  url(port = this.program.port, host = '127.0.0.1'): string {
    return `${this.kind}://${host}:${port}`
  }

  async census(): Promise<Census> {
    const subscriptions = this.kind === 'nats' ? await this.#natsSubscriptions() : await this.#redisSubscriptions()
    return Object.fromEntries(subscriptions.filter(([topic]) => !OF_A_PROCESS.test(topic)))
  }

  async #redisSubscriptions(): Promise<[topic: string, count: number][]> {
    const client = await createClient({ url: this.url(), RESP: 2 }).connect()
    try {
      const channels = await client.pubSubChannels(`${CHANNELS}*`)
      if (channels.length === 0) return []
      const counts = Object.entries(await client.pubSubNumSub(channels))
      return counts.map(([channel, count]) => [channel.slice(CHANNELS.length), Number(count)])
    } finally {
      client.destroy()
    }
  }

  async #natsSubscriptions(): Promise<[topic: string, count: number][]> {
    const response = await fetch(`http://127.0.0.1:${this.#monitorPort}/connz?subs=1`)
    const { connections } = (await response.json()) as { connections: { subscriptions_list?: string[] }[] }
    const subjects = connections.flatMap((connection) => connection.subscriptions_list ?? [])
    const topics = subjects
      .filter((one) => one.startsWith('sockroute.'))
      .map((one) => decodeURIComponent(one.slice('sockroute.'.length)))
    const counts = new Map<string, number>()
    for (const topic of topics) counts.set(topic, (counts.get(topic) ?? 0) + 1)
    return [...counts]
  }
}

/** Where it is missing, tests are left out with a line that says so; in CI they fail. */
export function skipWithout(name: BrokerName): string | false {
  return !process.env.CI && missing(name)
}
