/** How long to wait before the next attempt. Times are milliseconds. Knows nothing of sockets. */
export interface BackoffOptions {
  /** The first wait is up to this long, and each further one up to twice the one before. @defaultValue 1_000 */
  readonly baseMs?: number
  /** No wait is longer, but for `spreadMs` where that is. @defaultValue 30_000 */
  readonly capMs?: number
  /**
   * A server that restarts (1012) sends all its clients away at once, and is back soon: they come back spread over this time.
   * @defaultValue 5_000
   */
  readonly spreadMs?: number
}

export type BackoffSettings = Readonly<Required<BackoffOptions>>

export const BACKOFF_DEFAULTS: BackoffSettings = { baseMs: 1_000, capMs: 30_000, spreadMs: 5_000 }

const POLICY_VIOLATION = 1008
const SERVICE_RESTART = 1012
const TRY_AGAIN_LATER = 1013
/** 2 to this power times any base is over any cap. */
const MOST_DOUBLINGS = 31

/**
 * The wait before attempt number `attempt`, the first of which is 0, after an end with `code`. All of it is random, so that clients
 * that were sent away together do not come back together ("full jitter").
 *
 * - 1012 (restart): up to `spreadMs`, or as for other codes if that is longer.
 * - 1013 (try again later) and 1008 (policy: a limit was reached, or somebody may not): from half of `capMs` to all of it.
 *
 * @param random from 0 to before 1
 */
export function backoffMs(code: number, attempt: number, random: number, settings: BackoffSettings): number {
  const { baseMs, capMs, spreadMs } = settings
  if (code === TRY_AGAIN_LATER || code === POLICY_VIOLATION) return Math.round((capMs * (1 + random)) / 2)
  const mostMs = Math.min(capMs, baseMs * 2 ** Math.min(attempt, MOST_DOUBLINGS))
  return Math.round(random * (code === SERVICE_RESTART ? Math.max(spreadMs, mostMs) : mostMs))
}
