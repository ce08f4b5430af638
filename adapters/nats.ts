/**
 * Topics over NATS, by the package `@nats-io/transport-node`:
 *
 *     const broker = natsBroker('nats://localhost:4222')
 *     const broker = natsBroker({ servers: ['nats://a.example.com', 'nats://b.example.com'], user, pass, tls: {} })
 *     const broker = natsBroker(connection)
 *
 * It has a connection of its own, whatever it is given.
 */

import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node'
import type { Broker, Rule } from '../src/adapter.ts'
import { ProbedBroker } from './broker-driver.ts'
import { type BrokerOptions, brokerOptions, checkTarget } from './broker-options.ts'
import { connectNats, type NatsLink } from './nats-connection.ts'

export type NatsBrokerOptions = BrokerOptions

/** The URL of a server, the settings of the client, or a connection of it. */
export type NatsTarget = string | NodeConnectionOptions | NatsConnection

/** What servers allow that nobody has told otherwise. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1_048_576

/** Throws for what cannot be right; whether the server is there shows when it is started. */
export function natsBroker(target: NatsTarget = {}, given: NatsBrokerOptions = {}): Broker {
  const options = brokerOptions(given, { prefix: subjectPrefix }, 'sockroute.')
  checkTarget(
    target,
    `natsBroker() takes a URL such as 'nats://localhost:4222', the settings of a client, or a connection`,
  )
  const settings = settingsOf(target)
  checkServers(settings)
  const { prefix, replyTimeoutMs: timeoutMs } = options
  const limits = { ...options, maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES }
  const broker: ProbedBroker<NatsLink> = new ProbedBroker('nats', limits, async (life, onMessage) => {
    const connection = await connectNats({ life, settings: { ...settings }, timeoutMs, prefix, onMessage })
    broker.maxPayloadBytes = connection.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES // the server's own `max_payload`
    return connection
  })
  return broker
}

/** Behind it is one token, or `sha256` and one: so whatever a peer calls a topic, it is no subject of an app of another prefix. */
const subjectPrefix: Rule = (value) =>
  typeof value === 'string' && /^([^\s*>.]+\.)*$/.test(value) && !/(^|\.)sha256\.$/.test(value)
    ? undefined
    : `takes what a subject may begin with, such as 'app.': tokens without spaces, * and >, each with a dot behind it, the last not sha256`

function settingsOf(target: NatsTarget): NodeConnectionOptions {
  if (typeof target === 'string') return { servers: target }
  if (!('publish' in target)) return { ...target }
  const { options } = target as { options?: NodeConnectionOptions } // the client's connections have it, though their type does not say so
  if (options === undefined)
    throw new TypeError('sockroute: this connection does not know its settings: give those instead')
  return { ...options, port: undefined } // which it has put into `servers`
}

/** The client takes any scheme for its own, and a server's address from nowhere but here. */
function checkServers(settings: NodeConnectionOptions): void {
  if ('host' in settings) throw new TypeError(`sockroute: NATS has servers: { servers: 'nats://localhost:4222' }`)
  const [scheme] = [settings.servers ?? []]
    .flat()
    .flatMap((server) => /^(?!nats:|tls:)\w+:(?=\/\/)/i.exec(server) ?? [])
  if (scheme !== undefined) throw new TypeError(`sockroute: ${scheme} is no scheme of NATS: write nats:// or tls://`)
}
