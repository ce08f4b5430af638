// The results of a run as text.
import { groupOf } from './cases.mjs'

const VERDICTS = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED', 'FAILED']

/** A line per host and group, and how many cases came out how. */
export function table(runs) {
  const rows = [['host', 'group', ...VERDICTS, 'other']]
  for (const { host, results } of runs) {
    const groups = group(results)
    for (const [number, verdicts] of groups) rows.push([host, number, ...counts(verdicts)])
    rows.push([host, 'all', ...counts([...groups.values()].flat())])
  }
  return align(rows)
}

function group(results) {
  const groups = new Map()
  for (const [id, [behavior]] of Object.entries(results)) {
    const number = groupOf(id)
    groups.set(number, [...(groups.get(number) ?? []), behavior])
  }
  return new Map([...groups].sort(([a], [b]) => a - b))
}

function counts(behaviors) {
  const count = (verdict) => behaviors.filter((one) => one === verdict).length
  const known = VERDICTS.map(count)
  const others = behaviors.length - known.reduce((sum, one) => sum + one, 0)
  return [...known, others].map((number) => number || '-')
}

function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)))
  const pad = (cell, column) => (column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column]))
  return rows.map((row) => row.map(pad).join('  ')).join('\n')
}

/** One difference: what was expected of the case, and what came, as `behavior / behaviorClose`. */
export function describeDifference(host, { id, expected, received }) {
  const verdicts = (pair) => (pair ? pair.join(' / ') : 'nothing')
  return `${host} ${id}: expected ${verdicts(expected)}, got ${verdicts(received)}`
}
