import type { Broker } from 'sockroute'
import { MemoryBroker } from './memory-broker.ts'

/** What of the command line names a broker. */
export interface BrokerNames {
  readonly redis?: string
  readonly nats?: string
}

/**
 * Returns what makes a driver, as each app needs its own: over Redis or NATS the chat reaches other processes, else the apps of this one.
 * @throws for a URL that cannot be right
 */
export async function brokerMaker({ redis, nats }: BrokerNames): Promise<() => Broker> {
  if (redis !== undefined && nats !== undefined) throw new Error('--redis and --nats: one broker is enough')
  if (redis !== undefined) {
    checkUrl('redis', redis, ['redis:', 'rediss:'], 'redis://localhost:6379')
    const { redisBroker } = await import('sockroute/redis')
    return () => redisBroker(redis, { prefix: 'sockroute-demo:' })
  }
  if (nats !== undefined) {
    checkUrl('nats', nats, ['nats:', 'tls:'], 'nats://localhost:4222')
    const { natsBroker } = await import('sockroute/nats')
    return () => natsBroker(nats, { prefix: 'sockroute-demo.' })
  }
  return () => new MemoryBroker()
}

function checkUrl(option: string, url: string, protocols: readonly string[], example: string): void {
  const { protocol = '', hostname = '' } = URL.canParse(url) ? new URL(url) : {}
  if (protocols.includes(protocol) && hostname !== '') return
  throw new Error(`--${option} takes a URL such as ${example}; got '${url}'`)
}
