// What each case is expected to give: `{ "1.1.1": [behavior, behaviorClose] }`, the same for every host.
import { readFileSync, writeFileSync } from 'node:fs'
import { compareIds } from './cases.mjs'

export function readExpectations(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** A case a line, so that a change shows up in review as what it is. */
export function formatExpectations(expectations) {
  const lines = Object.entries(expectations)
    .sort(([a], [b]) => compareIds(a, b))
    .map(([id, verdicts]) => `  "${id}": [${verdicts.map((one) => JSON.stringify(one)).join(', ')}]`)
  return `{\n${lines.join(',\n')}\n}\n`
}

export function writeExpectations(file, expectations) {
  writeFileSync(file, formatExpectations(expectations))
}

/**
 * Every selected case that is not as expected; also one that was expected and did not run, and one that
 * nobody expected. `results` and `expectations` have the same form.
 */
export function differences(expectations, results, isSelected) {
  const expectedIds = Object.keys(expectations).filter(isSelected)
  const ids = [...new Set([...expectedIds, ...Object.keys(results)])].sort(compareIds)
  return ids
    .map((id) => ({ id, expected: expectations[id], received: results[id] }))
    .filter(({ expected, received }) => expected?.join() !== received?.join())
}

/**
 * The expectations with the selected cases as they have just come out.
 * @throws Error when two hosts differ: there is one expectation for all
 */
export function updateExpectations(expectations, runs) {
  const updated = { ...expectations }
  for (const { isSelected } of runs) for (const id of Object.keys(updated)) if (isSelected(id)) delete updated[id]
  for (const { host, results } of runs) {
    for (const [id, verdicts] of Object.entries(results)) {
      if (updated[id] && updated[id].join() !== verdicts.join()) {
        throw new Error(`${id} is ${verdicts.join(', ')} on ${host}, and ${updated[id].join(', ')} elsewhere`)
      }
      updated[id] = verdicts
    }
  }
  return updated
}
