import fc from 'fast-check'
import type { Test } from 'tap'

/** How often each property is tried: SOCKROUTE_RUNS where it is set, as for the long run. */
export function runs(everyDay: number): number {
  return Number(process.env.SOCKROUTE_RUNS ?? everyDay)
}

/** From a failure's message, to see it again. */
const { SOCKROUTE_SEED: SEED, SOCKROUTE_PATH: PATH } = process.env

/** Passes when `property` held in all its runs; else it tells the seed, the path and the smallest example, as `show` writes it. */
export async function holds<Values>(
  t: Test,
  property: fc.IRawProperty<Values>,
  everyDay: number,
  show: (values: Values) => unknown = (values) => values,
): Promise<void> {
  const again = SEED === undefined ? {} : { seed: Number(SEED), path: PATH ?? '' }
  const details = await fc.check(property, { numRuns: runs(everyDay), ...again })
  const { failed, seed, counterexamplePath, counterexample, errorInstance } = details
  const example = counterexample === null ? '' : JSON.stringify(show(counterexample))
  const why = `SOCKROUTE_SEED=${seed} SOCKROUTE_PATH=${counterexamplePath}: ${String(errorInstance)} ${example}`
  t.notOk(failed, failed ? why : `held in ${details.numRuns} runs`)
}
