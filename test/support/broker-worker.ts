/** A worker of `node:cluster` that does with its driver what the primary asks: see `RemoteDriver`. */

import { type ClusterBrokerOptions, clusterBroker } from '../../adapters/cluster.ts'
import type { Broker } from '../../src/topics/broker.ts'

export interface Question {
  readonly remote: number
  readonly method: 'create' | 'start' | 'subscribe' | 'unsubscribe' | 'publish' | 'probe' | 'close' | 'block' | 'memory'
  readonly topics?: readonly string[]
  readonly envelope?: string
  readonly options?: ClusterBrokerOptions
  readonly ms?: number
}

export interface Answer {
  readonly remote: number
  readonly value?: unknown
  readonly error?: { readonly name: string; readonly message: string }
}

export interface Told {
  readonly told: 'message' | 'up' | 'down'
  readonly topic?: string
  readonly envelope?: string
  readonly reason?: string
}

let driver: Broker | undefined

const tell = (message: Answer | Told): unknown => process.send?.(message, undefined, undefined, () => undefined)

const sink = {
  onMessage: (topic: string, envelope: Uint8Array) =>
    tell({ told: 'message', topic, envelope: Buffer.from(envelope).toString('base64') }),
  onUp: () => tell({ told: 'up' }),
  onDown: (reason: Error) => tell({ told: 'down', reason: reason.message }),
}

async function done({ method, topics = [], envelope = '', options, ms = 0 }: Question): Promise<unknown> {
  if (method === 'create') {
    driver = clusterBroker(options)
    return driver.maxPayloadBytes
  }
  if (method === 'memory') return process.memoryUsage().rss
  if (method === 'block') {
    const until = Date.now() + ms
    while (Date.now() < until);
    return undefined
  }
  if (driver === undefined) throw new Error('there is no driver')
  if (method === 'start') return driver.start(sink)
  if (method === 'close') return driver.close()
  if (method === 'probe') return driver.probe?.()
  if (method === 'publish') return driver.publish(topics[0], Buffer.from(envelope, 'base64'))
  return driver[method](topics)
}

process.on('message', (question: Question) => {
  if (question.remote === undefined) return // the driver's own
  done(question).then(
    (value) => tell({ remote: question.remote, value }),
    (error: Error) => tell({ remote: question.remote, error: { name: error.name, message: error.message } }),
  )
})

process.send?.('ready')
