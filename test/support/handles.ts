import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

/** What keeps this process alive, without what its output needs. */
export function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => /^(TCP|TLS|Timeout|Immediate|GetAddrInfo)/.test(kind))
    .sort()
}

/** Fulfils when nothing is open that was not open `before`; what is ended takes some turns. */
export async function handlesLike(before: readonly string[]): Promise<void> {
  for (let tries = 0; handles().join() !== before.join(); tries++) {
    if (tries === 200) assert.deepEqual(handles(), before)
    await delay(10)
  }
}
