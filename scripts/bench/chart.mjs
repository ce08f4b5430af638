// A record as bars: each contender's figure beside that of `ws`, which is a line.
import { ratio } from './statistics.mjs'

const SHOWN = [
  ['sockroute', '#2563eb'],
  ['sockroute-own-reads', '#93b4f5'],
  ['uws', '#d97706'],
  ['bun', '#a3a3a3'],
]
const [WIDTH, LEFT, RIGHT, TOP, BAR, GAP] = [900, 410, 60, 70, 11, 12]
/** Longer bars are cut off; their number says how long they are. */
const MOST = 1.6
const SCALE = (WIDTH - LEFT - RIGHT) / MOST

export function chartOf({ about, workloads }) {
  const groups = Object.values(workloads).flatMap((workload) => groupOf(workload) ?? [])
  const names = new Map(about.contenders.map(({ id, name }) => [id, name]))
  let y = TOP
  const drawn = groups.map(({ name, bars }) => {
    const at = y
    y += bars.length * BAR + GAP
    return drawGroup(name, bars, at)
  })
  const line = LEFT + SCALE
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" font-family="system-ui, sans-serif" font-size="12">
<title>Node ${about.node}: cost relative to ws</title>
<style>text { fill: #1f2328 } .line { stroke: #1f2328 } @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .line { stroke: #e6edf3 } }</style>
<text x="10" y="20" font-size="15" font-weight="600">Cost relative to ws, Node ${about.node} (shorter is better)</text>
${SHOWN.map(([id, color], at) => legend(escaped(names.get(id) ?? id), color, 10 + 190 * at)).join('\n')}
<text x="${line}" y="${TOP - 8}" text-anchor="middle">ws = 1</text>
${drawn.join('\n')}
<line class="line" x1="${line}" y1="${TOP - 4}" x2="${line}" y2="${y - GAP}" stroke-dasharray="3 3"/>
</svg>
`
}

/** Nothing where `ws` has not been measured. */
function groupOf({ name, figure, results }) {
  const of = (id) => results[id]?.map((round) => round[figure])
  if (of('ws') === undefined) return undefined
  const bars = SHOWN.flatMap(([id, color]) => (of(id) ? [{ color, ratio: ratio(of(id), of('ws')) }] : []))
  return { name, bars }
}

function drawGroup(name, bars, top) {
  const middle = top + (bars.length * BAR) / 2 + 4
  const label = `<text x="${LEFT - 8}" y="${middle}" text-anchor="end">${escaped(name)}</text>`
  return [label, ...bars.map((bar, at) => drawBar(bar, top + at * BAR))].join('\n')
}

function drawBar({ color, ratio: length }, top) {
  const width = Math.max(1, Math.min(length, MOST) * SCALE)
  return `<rect x="${LEFT}" y="${top}" width="${width.toFixed(1)}" height="${BAR - 1}" fill="${color}"/>
<text x="${(LEFT + width + 4).toFixed(1)}" y="${top + BAR - 2}" font-size="10">${length.toFixed(2)}</text>`
}

function legend(name, color, x) {
  return `<rect x="${x}" y="32" width="12" height="12" fill="${color}"/><text x="${x + 17}" y="42">${name}</text>`
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
