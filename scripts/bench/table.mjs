// What was found, as text.
import { medians, ratio } from './statistics.mjs'

/** The figures of a workload, a line for each contender. */
export function detailTable(contenders, results) {
  const taking = contenders.filter(({ id }) => results[id] !== undefined)
  const rows = taking.map(({ id, name }) => {
    const { cpu, perSecond, p50, p99, delayP99, delayMax, rss } = medians(results[id])
    return [
      name,
      figure(cpu),
      ...['ws', 'uws', 'bun'].map((peer) => ratioTo(results, id, peer)),
      figure(perSecond),
      figure(p50),
      figure(p99),
      figure(delayP99),
      figure(delayMax),
      figure(rss / 1_048_576),
    ]
  })
  return aligned([
    ['', 'CPU us', '/ ws', '/ uWS', '/ Bun', 'per s', 'p50 ms', 'p99 ms', 'delay p99', 'max', 'RSS MB'],
    ...rows,
  ])
}

export function ratioTo(results, id, peer, key = 'cpu') {
  if (results[peer] === undefined || results[id] === undefined) return '-'
  const of = (name) => results[name].map((round) => round[key])
  return ratio(of(id), of(peer)).toFixed(2)
}

/** Three digits, and whole numbers from there on, with commas. */
export function figure(number) {
  if (number === undefined) return '-'
  if (number >= 100) return Math.round(number).toLocaleString('en-US')
  return number >= 9.995 ? number.toFixed(1) : number.toFixed(2)
}

/** The first column to the left, figures to the right. */
export function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
