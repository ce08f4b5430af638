/** The account of every message: what was sent is delivered, or was rejected, or lies in a gap that the client was told of. */

import type { TopicGap } from '../../../src/topics/topics.ts'
import type { Published } from './told.ts'

/** A message that is on its way when its receiver leaves the topic may be lost, and nobody is told. */
const UNDER_WAY_MS = 2_000

/** A client's time in a topic: what is published after `since` and well before `until` is its due. */
export interface Stay {
  readonly topic: string
  since: number
  until: number
}

export interface Delivery extends Pick<Published, 'origin' | 'topic' | 'number' | 'at'> {
  readonly receivedAt: number
}

/** What one connection has seen. */
export interface ClientLog {
  readonly client: string
  /** The process that it is connected to. */
  readonly origin: string
  readonly stays: readonly Stay[]
  readonly deliveries: readonly Delivery[]
  readonly gaps: readonly TopicGap[]
  /** Messages on topics that it was not subscribed to. */
  readonly uninvited: readonly Delivery[]
}

export interface Account {
  /** What was due, over all clients. */
  sent: number
  delivered: number
  rejected: number
  inGaps: number
  /** When those in gaps were published. */
  readonly lostAt: number[]
  /** The longest time from publishing to receiving, outside of gaps. */
  latestMs: number
  readonly faults: string[]
}

/** An outage of one process, as it told it when it was over. */
export interface Restored {
  readonly origin: string
  readonly from: number
  readonly to: number
}

/** `lateMs` is how old a message may come; one that is older has to be in a gap. */
export function account(
  messages: readonly Published[],
  logs: readonly ClientLog[],
  restored: readonly Restored[],
  lateMs: number,
): Account {
  const result: Account = { sent: 0, delivered: 0, rejected: 0, inGaps: 0, lostAt: [], latestMs: 0, faults: [] }
  const byTopic = new Map<string, Published[]>()
  const askedBy = new Map<string, string>()
  for (const message of messages) {
    const sameTopic = byTopic.get(message.topic)
    if (sameTopic === undefined) byTopic.set(message.topic, [message])
    else sameTopic.push(message)
    askedBy.set(nameOf(message), message.client)
  }
  for (const log of logs) {
    checkDue(log, byTopic, restored, result)
    checkDeliveries(log, askedBy, lateMs, result)
  }
  return result
}

function checkDue(
  log: ClientLog,
  byTopic: Map<string, Published[]>,
  restored: readonly Restored[],
  result: Account,
): void {
  const seen = new Set(log.deliveries.map(nameOf))
  for (const { topic, since, until } of log.stays) {
    for (const message of byTopic.get(topic) ?? []) {
      const isDue = message.at > since && message.at < until - UNDER_WAY_MS && message.client !== log.client
      if (!isDue) continue
      const isRemote = message.origin !== log.origin
      result.sent++
      if (seen.has(nameOf(message))) result.delivered++
      else if (isRemote && message.isRejected) result.rejected++
      else if (isRemote && (isInGap(log, message) || isBeforeNews(log, message, until, restored))) {
        result.inGaps++
        result.lostAt.push(message.at)
      } else result.faults.push(`${nameOf(message)} of ${message.at} is missing at ${log.client} on ${log.origin}`)
    }
  }
}

function checkDeliveries(log: ClientLog, askedBy: Map<string, string>, lateMs: number, result: Account): void {
  const last = new Map<string, number>()
  const fault = (delivery: Delivery, what: string): unknown =>
    result.faults.push(`${nameOf(delivery)} of ${delivery.at} ${what} at ${log.client} on ${log.origin}`)
  for (const delivery of log.deliveries) {
    const { origin, topic, number, at, receivedAt } = delivery
    const before = last.get(`${origin} ${topic}`) ?? 0
    last.set(`${origin} ${topic}`, Math.max(before, number))
    if (number <= before) fault(delivery, `comes again, or behind ${before},`)
    if (askedBy.get(nameOf(delivery)) === log.client) fault(delivery, 'is an echo')
    if (isInGap(log, delivery)) continue
    const ageMs = receivedAt - at
    result.latestMs = Math.max(result.latestMs, ageMs)
    if (ageMs > lateMs) fault(delivery, `is ${ageMs} ms late`)
  }
  for (const delivery of log.uninvited) fault(delivery, 'was not subscribed to')
}

function isInGap({ gaps }: ClientLog, { topic, at }: Pick<Published, 'topic' | 'at'>): boolean {
  return gaps.some(({ topics, from, to }) => from <= at && at <= to && topics.includes(topic))
}

/** It left the topic during an outage of its process, when nobody could be told of it yet. */
function isBeforeNews({ origin }: ClientLog, { at }: Published, until: number, restored: readonly Restored[]): boolean {
  return restored.some((one) => one.origin === origin && one.from <= at && at <= one.to && until <= one.to)
}

function nameOf({ origin, topic, number }: Pick<Published, 'origin' | 'topic' | 'number'>): string {
  return `${origin} ${topic} ${number}`
}
