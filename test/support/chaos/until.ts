import { setTimeout as delay } from 'node:timers/promises'

const LOOK_EVERY_MS = 20

/** Fulfils when `isSo` is; rejects after `patienceMs`, telling what was waited for. */
export async function until(what: string, patienceMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const begin = performance.now()
  while (!(await isSo())) {
    if (performance.now() - begin > patienceMs) throw new Error(`not within ${patienceMs} ms: ${what}`)
    await delay(LOOK_EVERY_MS)
  }
}
