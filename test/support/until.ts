import { setTimeout as delay } from 'node:timers/promises'

/** On a busy machine. What waits for less is a test that has failed already. */
const PATIENCE_MS = 60_000

/** Fulfils as soon as it holds; rejects where it does not in all the time that it may take. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await delay(20)
  }
}
