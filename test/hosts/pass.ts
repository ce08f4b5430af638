import { setImmediate as turn } from 'node:timers/promises'
import type { FakeClock } from '../support/clock.ts'

/** Time passes in steps of a second, and between them what was written goes out. */
export async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await clock.advance(1_000)
    await turn()
  }
}
