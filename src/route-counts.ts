import { NamedCounts, Times } from './counting.ts'
import type { RouteMetrics } from './metrics.ts'

const MOST_CODES = 32

/** What one connection has moved. Implemented by `Wire`. */
export interface Traffic {
  readonly receivedBytes: number
  readonly outbox: { readonly writtenBytes: number; readonly unsentBytes: number }
  readonly intake: { readonly messages: number }
  readonly sender: { readonly messages: number }
}

/** The counters of one route, or the sum of several. Open connections count for themselves, and are added when somebody asks. */
export class RouteCounts {
  opened = 0
  handlerErrors = 0
  readonly refused = new NamedCounts()
  readonly closed: NamedCounts
  readonly closedBy = new NamedCounts()
  readonly limitsHit = new NamedCounts()
  readonly handshakeTimes = new Times()
  readonly roundTrips = new Times()
  #open = 0
  #messagesReceived = 0
  #messagesSent = 0
  #bytesReceived = 0
  #bytesSent = 0
  #backlogBytes = 0

  /** `mostCodes`: behind so many, peers' close codes are counted together. A sum has all that its parts have, or a code might lose its place. */
  constructor(mostCodes: number = MOST_CODES) {
    this.closed = new NamedCounts(mostCodes)
  }

  /** Of one that is over, or is being counted now. */
  addTraffic({ receivedBytes, outbox, intake, sender }: Traffic): void {
    this.#messagesReceived += intake.messages
    this.#messagesSent += sender.messages
    this.#bytesReceived += receivedBytes
    this.#bytesSent += outbox.writtenBytes
  }

  /** In a sum that is made for somebody who asks. */
  addOpen(traffic: Traffic): void {
    this.#open++
    this.#backlogBytes += traffic.outbox.unsentBytes
    this.addTraffic(traffic)
  }

  add(one: RouteMetrics): void {
    this.#open += one.open
    this.opened += one.opened
    this.handlerErrors += one.handlerErrors
    this.refused.addAll(one.refused as Record<string, number>) // what is there is a number
    this.closed.addAll(one.closed)
    this.closedBy.addAll(one.closedBy as Record<string, number>)
    this.limitsHit.addAll(one.limitsHit as Record<string, number>)
    this.handshakeTimes.addAll(one.handshakeTimes)
    this.roundTrips.addAll(one.roundTrips)
    this.#messagesReceived += one.messagesReceived
    this.#messagesSent += one.messagesSent
    this.#bytesReceived += one.bytesReceived
    this.#bytesSent += one.bytesSent
    this.#backlogBytes += one.backlogBytes
  }

  get all(): RouteMetrics {
    return {
      open: this.#open,
      opened: this.opened,
      refused: this.refused.all,
      closed: this.closed.all,
      closedBy: this.closedBy.all,
      messagesReceived: this.#messagesReceived,
      messagesSent: this.#messagesSent,
      bytesReceived: this.#bytesReceived,
      bytesSent: this.#bytesSent,
      backlogBytes: this.#backlogBytes,
      handlerErrors: this.handlerErrors,
      limitsHit: this.limitsHit.all,
      handshakeTimes: this.handshakeTimes.all,
      roundTrips: this.roundTrips.all,
    }
  }
}
