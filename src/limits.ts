import type { ProtocolError, ProtocolErrorCode } from './protocol/errors.ts'

/** What there is a limit on: the names of the options, and what has no option. */
export const LIMITS = [
  'maxMessageBytes',
  'maxFragments',
  'messageTimeoutMs',
  'handshakeTimeoutMs',
  'closeTimeoutMs',
  'pongTimeoutMs',
  'maxBufferedBytes',
  'maxUnsentBytes',
  'sendTimeoutMs',
  'maxTotalBytes',
  'maxHeaderFields',
  'maxPendingHandshakes',
  'maxConnections',
  'maxConnectionsPerAddress',
  'maxConnectionsPerHttp2Session',
  'messageRate',
  'maxLifetimeMs',
  'reauthenticateIntervalMs',
  'maxTopics',
  /** Published messages that a slow socket did not get. */
  'slowSubscriber',
  'origins',
  /** Pings whose answer a later one's has replaced. RFC 6455 §5.5.3 */
  'pongs',
] as const

export type LimitName = (typeof LIMITS)[number]

const BY_ERROR: Partial<Record<ProtocolErrorCode, LimitName>> = {
  WS_TOO_BIG: 'maxMessageBytes',
  WS_TOO_MANY_FRAGMENTS: 'maxFragments',
  WS_MESSAGE_TIMEOUT: 'messageTimeoutMs',
  WS_MESSAGE_RATE: 'messageRate',
  WS_OVERLOADED: 'maxTotalBytes',
}

/** The limit that a fault of the peer's has reached, if it has reached one. */
export function limitOf({ code }: ProtocolError): LimitName | undefined {
  return BY_ERROR[code]
}

/** How often each was reached since the app began. */
export type LimitsHit = Readonly<Record<LimitName, number>>

/** Counts for `app.ws.limitsHit`. */
export class LimitCounts {
  readonly #counts = Object.fromEntries(LIMITS.map((name) => [name, 0])) as Record<LimitName, number> // all of them

  hit(name: LimitName): void {
    this.#counts[name]++
  }

  get all(): LimitsHit {
    return { ...this.#counts }
  }
}
