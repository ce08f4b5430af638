import type { ConnectionSettings } from './defaults.ts'
import type { Inbox } from './inbox.ts'
import type { Intake } from './intake.ts'
import type { Outbox } from './outbox.ts'
import { Progress } from './progress.ts'
import { Pulse } from './pulse.ts'
import { UnderWay } from './under-way.ts'

/** What a message that was begun must bring of itself in each `messageTimeoutMs`. */
const MESSAGE_PROGRESS_BYTES = 1_024
/** What an honest peer may have sent before it saw our close frame; its answer lies behind it. */
const UNDER_WAY_BYTES = 262_144

/** A connection is looked at once in this time, whatever its deadlines are: with none of them it would be Infinity, which is no whole number. */
const MOST_QUIET_MS = 60_000

/** How long one message may take its handler when its peer has gone, and others are left. */
const AT_WORK_MS = 300_000

/** The first of the deadlines, which says how fine the heartbeat has to be. */
export function shortestMs(settings: ConnectionSettings): number {
  const { closeTimeoutMs, pingIntervalMs, pongTimeoutMs, messageTimeoutMs, sendTimeoutMs, maxLifetimeMs } = settings
  return Math.min(closeTimeoutMs, pingIntervalMs, pongTimeoutMs, messageTimeoutMs, sendTimeoutMs, maxLifetimeMs)
}

/** Which of a connection's times is over. */
export type Due = 'closeTimeoutMs' | 'sendTimeoutMs' | 'messageTimeoutMs' | 'maxLifetimeMs'

/** What can stand still in a connection, and how far its end has come. Implemented by `Wire`. */
export interface Watched {
  readonly isOpen: boolean
  readonly isFailed: boolean
  /** What has come since our close frame. */
  readonly lateBytes: number
  readonly outbox: Outbox
  readonly inbox: Inbox
  readonly intake: Intake
}

/**
 * The clocks that run for one connection. Each is asked once a beat whether its time is over; times are the heartbeat's.
 * While the delay is ours, none of them runs.
 */
export class Deadlines {
  readonly pulse: Pulse
  readonly #settings: ConnectionSettings
  readonly #watched: Watched
  readonly #underWay: UnderWay
  // Each is there only while its clock runs: an idle connection has none.
  #sending: Progress | undefined = undefined
  #receiving: Progress | undefined = undefined
  #taking: Progress | undefined = undefined
  /** When the closing handshake ends. */
  #closeAt: number | undefined = undefined
  readonly #lifeEndsAt: number | undefined
  #messagesSeen = 0
  #takenSeen = 0

  constructor(settings: ConnectionSettings, watched: Watched, now: number) {
    this.#underWay = new UnderWay(watched.outbox, settings.sendTimeoutMs)
    this.pulse = new Pulse(settings.pingIntervalMs, settings.pongTimeoutMs, this.#underWay, now)
    this.#settings = settings
    this.#watched = watched
    const { maxLifetimeMs } = settings
    this.#lifeEndsAt = maxLifetimeMs === Infinity ? undefined : now + maxLifetimeMs * (1 - Math.random() / 10)
  }

  /** Which limit is reached, if one is. */
  due(now: number): Due | undefined {
    if (this.#isCloseDue(now)) return 'closeTimeoutMs'
    if (this.#isSendDue(now)) return 'sendTimeoutMs'
    if (!this.#watched.isOpen) return undefined
    if (this.#isMessageDue(now)) return 'messageTimeoutMs'
    return this.#lifeEndsAt !== undefined && now >= this.#lifeEndsAt ? 'maxLifetimeMs' : undefined
  }

  /** Nothing can be due before, if nothing happens meanwhile. */
  quietUntil(now: number): number {
    const { isOpen, outbox, intake } = this.#watched
    if (!isOpen || outbox.unsentBytes > 0 || intake.isInMessage || !intake.isListening) return now
    return Math.min(now + MOST_QUIET_MS, this.pulse.nextPingAt, this.#lifeEndsAt ?? Infinity)
  }

  /** The closing handshake has `closeTimeoutMs` from now. */
  startClosing(now: number): void {
    this.#closeAt = now + this.#settings.closeTimeoutMs
  }

  /**
   * Whether the closing handshake's time is over. It begins anew while what lies before our close frame is on its way, and
   * while the handler catches up with what lies before the peer's.
   */
  #isCloseDue(now: number): boolean {
    if (this.#closeAt === undefined) return false
    const { outbox, inbox, intake, isFailed, lateBytes } = this.#watched
    const isCatchingUp = !intake.isReading && inbox.taken !== this.#takenSeen && lateBytes < UNDER_WAY_BYTES
    this.#takenSeen = inbox.taken
    const isUnderWay = outbox.unsentBytes > 0 || this.#underWay.until(now) > now
    if ((!isFailed && isUnderWay) || isCatchingUp) this.startClosing(now)
    return now >= this.#closeAt
  }

  /** Whether the peer has taken none of what is unsent for `sendTimeoutMs`. */
  #isSendDue(now: number): boolean {
    const { unsentBytes, writtenBytes } = this.#watched.outbox
    this.#sending = unsentBytes === 0 ? undefined : (this.#sending ?? new Progress(now, writtenBytes))
    return this.#sending !== undefined && this.#sending.stalledMs(now, writtenBytes, 1) >= this.#settings.sendTimeoutMs
  }

  /** Whether a message that was begun has not gone on for `messageTimeoutMs`. */
  #isMessageDue(now: number): boolean {
    const { isInMessage, isListening, messages, unfinishedBytes } = this.#watched.intake
    const isAnother = messages !== this.#messagesSeen
    this.#messagesSeen = messages
    if (!isInMessage || !isListening) this.#receiving = undefined
    else if (isAnother || this.#receiving === undefined) this.#receiving = new Progress(now, unfinishedBytes)
    const stalledMs = this.#receiving?.stalledMs(now, unfinishedBytes, MESSAGE_PROGRESS_BYTES) ?? 0
    return stalledMs >= this.#settings.messageTimeoutMs
  }

  /** How long what the peer has begun, or somebody does not take, stands still; as of the last beat. */
  stalledMs(now: number): number {
    if (this.#taking !== undefined) return this.#taking.ageMs(now)
    return Math.max(this.#sending?.ageMs(now) ?? 0, this.#receiving?.ageMs(now) ?? 0)
  }

  /**
   * Whether nobody has taken any of the messages that are left when the transport is gone, for `closeTimeoutMs`; whoever is
   * at work on the one before has longer, but not for ever: 'close' waits for it, and others may wait for that.
   */
  isTakingDue(now: number): boolean {
    const { inbox } = this.#watched
    this.#taking ??= new Progress(now, inbox.taken)
    const limitMs = inbox.isAtWork ? Math.max(AT_WORK_MS, this.#settings.closeTimeoutMs) : this.#settings.closeTimeoutMs
    return this.#taking.stalledMs(now, inbox.taken, 1) >= limitMs
  }
}
