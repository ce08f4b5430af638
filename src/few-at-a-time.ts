import type { Clock } from './clock.ts'
import { inNoContext } from './no-context.ts'

/** So many sockets are asked for at once, and the next after so long: each may be a question to a database. */
const STEP = 100
const STEP_MS = 25

/** Calls `act` for each, with pauses between. Fulfils with what it has returned, when the last was called. */
export async function fewAtATime<Member, Result>(
  clock: Clock,
  members: readonly Member[],
  act: (member: Member) => Result,
): Promise<Result[]> {
  const results: Result[] = []
  for (let at = 0; at < members.length; at += STEP) {
    if (at > 0) await pause(clock)
    results.push(...members.slice(at, at + STEP).map(act))
  }
  return results
}

export function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => inNoContext(() => clock.setTimeout(resolve, STEP_MS)))
}
