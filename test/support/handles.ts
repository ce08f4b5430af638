import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

/** On a busy machine. */
const PATIENCE_MS = 60_000

/** What keeps this process alive, but for what its output needs. */
export function handles(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS|Timeout|Immediate|GetAddrInfo)/.test(kind))
}

/** Fulfils when there are no more than `before`, of any kind; what is ended takes some turns to go. */
export async function noMoreHandles(before: readonly string[]): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (added(before).length > 0) {
    assert.ok(performance.now() < deadline, `left open: ${added(before).join(', ')}`)
    await delay(10)
  }
}

function added(before: readonly string[]): string[] {
  const left = [...before]
  return handles().filter((kind) => {
    const index = left.indexOf(kind)
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
}
