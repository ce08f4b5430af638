// What was found, as text.
import { medians, ratio } from './statistics.mjs'

const PEERS = { ws: 'ws', uws: 'uWS', bun: 'Bun' }

/** What is shown of a workload, after the figure that is compared. Bytes are shown as MiB. */
const COLUMNS = {
  cpu: ['CPU us', ({ cpu }) => cpu],
  p99: ['p99 ms', ({ p99 }) => p99],
  kibPerConnection: ['KiB each', ({ kibPerConnection }) => kibPerConnection],
  perSecond: ['per s', ({ perSecond }) => perSecond],
  p50: ['p50 ms', ({ p50 }) => p50],
  max: ['longest', ({ max }) => max],
  delayP99: ['delay p99', ({ delayP99 }) => delayP99],
  delayMax: ['delay max', ({ delayMax }) => delayMax],
  rss: ['RSS MiB', ({ rss }) => rss / 1_048_576],
  processes: ['processes', ({ processes }) => processes],
}

/** The figures of a workload, a line for each contender that took part. */
export function detailTable(contenders, { figure: main }, results) {
  const taking = contenders.filter(({ id }) => results[id] !== undefined)
  if (taking.length === 0) return 'nobody took part'
  const peers = Object.keys(PEERS)
  const others = Object.keys(COLUMNS).filter((key) => key !== main && results[taking[0].id][0][key] !== undefined)
  const rows = taking.map(({ id, name }) => {
    const found = medians(results[id])
    const shown = (key) => figure(COLUMNS[key][1](found))
    return [name, shown(main), ...peers.map((peer) => ratioTo(results, id, peer, main)), ...others.map(shown)]
  })
  const head = [
    '',
    COLUMNS[main][0],
    ...peers.map((peer) => `/ ${PEERS[peer]}`),
    ...others.map((key) => COLUMNS[key][0]),
  ]
  return aligned([head, ...rows])
}

export function ratioTo(results, id, peer, key) {
  if (results[peer] === undefined || results[id] === undefined) return '-'
  const of = (name) => results[name].map((round) => round[key])
  return ratio(of(id), of(peer)).toFixed(2)
}

/** Three digits, and whole numbers from there on, with commas. */
export function figure(number) {
  if (number === undefined) return '-'
  if (number >= 100 || Number.isInteger(number)) return Math.round(number).toLocaleString('en-US')
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
