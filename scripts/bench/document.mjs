// docs/performance.md, out of the records.
import { baseNameOf } from './record.mjs'
import { median } from './statistics.mjs'
import { figure, ratioTo } from './table.mjs'

const UNITS = { cpu: '', p99: ', p99 in ms', kibPerConnection: ', KiB of memory for each' }

/** Whose figure is divided by whose: ours by that which stands on the same ground, and by native code. */
const PAIRS = [
  ['sockroute', 'ws'],
  ['sockroute-own-reads', 'ws'],
  ['sockroute-express', 'express-ws'],
  ['sockroute-fastify', 'fastify-websocket'],
  ['sockroute-express', 'sockroute'],
  ['sockroute-fastify', 'sockroute'],
  ['sockroute', 'sockroute-listener'],
  ['sockroute', 'uws'],
  ['sockroute', 'bun'],
]

export function documentOf(records) {
  return `# Performance

Written by \`npm run bench -- --write\`, not by hand. What a message costs, beside the other WebSocket servers for Node, beside native code, and beside
a bare \`node:net\` server that parses nothing and answers with fixed bytes, which is the limit of what can be done on Node's sockets.

Each server is a process of its own on one core, and the client, whose frames are made beforehand, one on another. What is compared is processor time: user and
system, of all threads of the server's process, divided by the messages. Rounds are interleaved (each server in turn, again and again), figures are medians, and a ratio is the median of
the ratios within a round. All have their defaults but for what a workload needs (compression, at each one's own level; the size of messages); the checks that are on by default are on. Every message that comes back is
counted, and one on each connection is compared byte by byte.

To repeat it, the whole or a workload, which takes about a minute (idle connections take some; \`--list\` shows all):

    npm run bench
    npm run bench -- --only echo-64
    npm run bench -- --only echo-64,handshakes --servers sockroute,ws --node /path/to/node

"Own reads" is with \`sharedReadBuffer: false\`: sockets read as Node's do, as they also do over TLS.
Large messages are array buffers, and V8 collects garbage the more often for them the smaller the heap around them is. With a small one, as here, that is a good part of
what they cost, and for each server another: \`--flags=--initial-old-space-size=64\` shows it.
Figures of different machines, or of different runs, say nothing about each other; ratios do.
${records.map(sectionOf).join('')}`
}

function sectionOf({ about, workloads }) {
  const rows = Object.values(workloads)
  const tables = [
    ['Processor time per message, in microseconds, or what else is named', costs(about, rows)],
    ['Ratios', ratios(about, rows)],
    ["Latency at the client, p99, and delay of the server's event loop, p99, in milliseconds", latencies(about, rows)],
    ['Messages per second', rates(about, rows)],
    ['Idle connections: processor time of a ping and its pong, in microseconds', heartbeats(about, rows)],
    ['Versions', versions(about)],
  ]
  return `
## Node ${about.node}

![Cost relative to ws](bench/${baseNameOf(about)}.svg)

${about.machine}; ${about.isPinned ? 'server and client pinned to a core each' : 'not pinned to cores'}; ${datesOf(rows)}.
${tables.map(([title, text]) => `\n### ${title}\n\n${text}\n`).join('')}`
}

function datesOf(rows) {
  const dates = rows.map(({ measured }) => measured).toSorted((a, b) => a.localeCompare(b))
  return [...new Set([dates[0], dates.at(-1)])].join(' to ')
}

function costs(about, rows) {
  return byContender(
    about,
    rows,
    ({ name, figure }) => name + UNITS[figure],
    (row, id) => cell(row, id, row.figure),
  )
}

function ratios(about, rows) {
  return table([
    ['', ...PAIRS.map(([ours, peer]) => `${nameOf(about, ours)} / ${nameOf(about, peer)}`)],
    ...rows.map((row) => [row.name, ...PAIRS.map(([ours, peer]) => ratioTo(row.results, ours, peer, row.figure))]),
  ])
}

function latencies(about, rows) {
  return byContender(about, having(rows, 'p99'), ({ name }) => name, latencyOf)
}

function rates(about, rows) {
  return byContender(
    about,
    having(rows, 'perSecond'),
    ({ name }) => name,
    (row, id) => cell(row, id, 'perSecond'),
  )
}

function heartbeats(about, rows) {
  const idle = having(rows, 'kibPerConnection')
  return idle.length === 0 ? 'Not measured.' : byContender(about, idle, nameOfIdle, (row, id) => cell(row, id, 'cpu'))
}

function versions({ contenders }) {
  return contenders
    .map(({ name, versions }) => `- **${name}**: ${versions.join(', ') || 'nothing but Node'}`)
    .join('\n')
}

/** The rows of which a figure is known. */
function having(rows, key) {
  return rows.filter(({ results }) => Object.values(results).some(([round]) => round[key] !== undefined))
}

function byContender({ contenders }, rows, nameOfRow, cellOf) {
  const lines = rows.map((row) => [nameOfRow(row), ...contenders.map(({ id }) => cellOf(row, id))])
  return table([['', ...contenders.map(({ name }) => name)], ...lines])
}

function nameOf({ contenders }, id) {
  return contenders.find((one) => one.id === id)?.name ?? id
}

function cell({ results }, id, key) {
  const found = results[id]
  return found === undefined || found[0][key] === undefined ? '-' : figure(median(found.map((round) => round[key])))
}

function latencyOf(row, id) {
  return row.results[id] === undefined ? '-' : `${cell(row, id, 'p99')} (${cell(row, id, 'delayP99')})`
}

/** A system may allow a process fewer connections than there are. */
function nameOfIdle({ name, results }) {
  const processes = Object.values(results)[0]?.[0].processes ?? 1
  return processes === 1 ? name : `${name}, in ${processes} processes, as one may not open so many here`
}

function table([head, ...rows]) {
  const line = (cells) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
