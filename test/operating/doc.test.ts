/** docs/operating.md says what is in force, what was measured, and what the log says. */

import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { CLOSE_WORDS } from '../../src/close-words.ts'
import { DEFAULTS } from '../../src/defaults.ts'
import { CloseCode } from '../../src/protocol/close-code.ts'
import { REFUSAL_WORDS } from '../../src/refusal-words.ts'
import { echo } from '../hosts/host.ts'
import { nodeHost } from '../hosts/node.ts'
import { start } from '../hosts/suite.ts'
import { ROOT } from '../support/root.ts'
import { until } from '../support/until.ts'
import { ALERTS } from './expressions.ts'

const text = readFileSync(`${ROOT}docs/operating.md`, 'utf8')
const linesOf = (file: string): string => readFileSync(`${ROOT}${file}`, 'utf8')

/** The cells of each row of the table behind a heading, without the names of its columns. */
function tableUnder(heading: string): string[][] {
  const [, section = ''] = text.split(`\n${heading}\n`)
  const rows = section.split(/^#/m)[0].match(/^\|.*\|$/gm) ?? []
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

t.test('every sentence of the log stands there, in the order of the source', async (t) => {
  const rowsOf = (words: object): string[][] =>
    Object.entries(words).map(([key, [sentence, advice]]) => [`\`${key}\``, sentence, advice])
  t.same(tableUnder('### It closed'), rowsOf(CLOSE_WORDS))
  t.same(tableUnder('### It was refused'), rowsOf(REFUSAL_WORDS))
})

t.test('the lines that it shows are those of the log', async (t) => {
  const lines: string[] = []
  const log = (_: object, line: string): void => void lines.push(line)
  const options = {
    logConnections: true,
    logger: { info: log, warn: log, error: log },
    pingIntervalMs: 20,
    pongTimeoutMs: 20,
  }
  const app = await start(t, nodeHost, { routes: { '/ws': echo }, options })
  await (await app.send({ path: '/ws', headers: { origin: 'https://evil.example' } })).readHead()
  await app.open({ path: '/ws' }) // and answers no ping
  await until('it is given up', () => lines.some((line) => line.includes('closed')))
  const shown = [...text.matchAll(/^ {4}(sockroute: .*)$/gm)].map(([, line]) => line)
  t.equal(shown.length, 2)
  for (const line of shown) t.ok(lines.includes(line), line)
})

const UNITS: Readonly<Record<string, number>> = { s: 1_000, MiB: 1_048_576 }
const VALUES: Readonly<Record<string, unknown>> = {
  ...DEFAULTS,
  'drain.spreadMs': DEFAULTS.drain.spreadMs,
  'drain.deadlineMs': DEFAULTS.drain.deadlineMs,
  maxTotalBytes: 268_435_456, // or less, with a small heap
}

t.test('defaults, where they stand behind the option', async (t) => {
  const named = [...text.matchAll(/`([\w.]+)`\s\(([\d,]+)(?: (s|MiB))?(?:\)|, )/g)]
  const options = named.filter(([, name]) => Object.hasOwn(VALUES, name))
  t.ok(options.length >= 9)
  for (const [, name, figure, unit] of options) {
    t.equal(Number(figure.replaceAll(',', '')) * (UNITS[unit] ?? 1), VALUES[name], name)
  }
})

t.test('a ping comes before anybody’s time is over', async (t) => {
  const pinged = Number(DEFAULTS.pingIntervalMs)
  const rows = tableUnder('## Load balancers and their time-outs')
  t.ok(rows.length >= 8)
  for (const [name, after, counts, , source] of rows) {
    t.match(source, /\]\(https:\/\//, `${name} has a source`)
    const seconds = /^\**(\d+) (s|min)/.exec(after)
    if (seconds === null || counts.includes('age')) continue
    const ms = Number(seconds[1]) * (seconds[2] === 's' ? 1_000 : 60_000)
    t.ok(ms >= 2 * pinged, `${name} waits for more than two pings`)
  }
  for (const file of ['nginx.conf', 'haproxy.cfg']) {
    const [, configured] = linesOf(`docs/operating/${file}`).match(/(?:proxy_read_timeout|timeout tunnel) (\d+)s/) ?? []
    t.ok(Number(configured) * 1_000 >= 2 * pinged, file)
  }
})

t.test('what a connection takes is what was measured', async (t) => {
  const performance = linesOf('docs/performance.md')
  const measured = (connections: string): number =>
    Number(
      performance.match(
        new RegExp(`^\\| ${connections} idle connections, KiB of memory for each +\\| +([\\d.]+)`, 'm'),
      )?.[1],
    )
  const rows = new Map(tableUnder('## Memory').map(([name, figure]) => [name, Number.parseFloat(figure)]))
  t.equal(rows.get('in the process, of 10,000'), measured('10,000'))
  t.equal(rows.get('in the process, of 50,000'), measured('50,000'))
  const kernel = rows.get('in the kernel, for its socket (Linux)') ?? Number.NaN
  const mib = Number(text.match(/for 50,000: (\d+) MiB for idle/)?.[1])
  t.ok(Math.abs(mib - (50_000 * (measured('50,000') + kernel)) / 1_024) < 1, `${mib} MiB`)
})

t.test('the grace period covers all that happens in it', async (t) => {
  const figure = (pattern: RegExp): number => Number(text.match(pattern)?.[1])
  const env = (name: string): number => figure(new RegExp(`name: ${name}, value: ['"](\\d+)`)) / 1_000
  const needed = figure(/sleep: \{ seconds: (\d+)/) + env('NOTICE_MS') + env('DEADLINE_MS')
  t.ok(needed + 10 <= figure(/terminationGracePeriodSeconds: (\d+)/), `${needed} s, and ten to spare`)
  t.ok(env('SPREAD_MS') < env('DEADLINE_MS'))
  const example = linesOf('examples/in-production.ts')
  const otherwise = (name: string): number =>
    Number(example.match(new RegExp(`env\\('${name}', ([\\d_]+)\\)`))?.[1].replaceAll('_', '')) / 1_000
  t.ok(otherwise('NOTICE_MS') + otherwise('DEADLINE_MS') + 10 <= figure(/TimeoutStopSec=(\d+)/))
  for (const [file, every] of [
    ['haproxy.cfg', /inter (\d+)s/],
    ['Caddyfile', /health_interval (\d+)s/],
  ] as const) {
    t.ok(otherwise('NOTICE_MS') > 2 * Number(linesOf(`docs/operating/${file}`).match(every)?.[1]), file)
  }
})

t.test('each alert has its chapter, and each chapter its alert', async (t) => {
  const chapters = [...text.matchAll(/^### (Sockroute\w+)$/gm)].map(([, name]) => name)
  t.same(
    chapters,
    ALERTS.map(({ name }) => name),
  )
  for (const { name, runbook } of ALERTS) t.equal(runbook, `operating.md#${name.toLowerCase()}`)
})

t.test('the codes that browsers see', async (t) => {
  const codes = tableUnder('## What a browser sees').map(([code]) => code)
  const never = [CloseCode.UnsupportedData, CloseCode.MandatoryExtension, CloseCode.BadGateway] // we send none of them
  for (const code of Object.values(CloseCode)) {
    t.equal(codes.includes(String(code)), !(never as number[]).includes(code), String(code))
  }
})

t.test('links lead somewhere', async (t) => {
  const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
  for (const [, target] of text.matchAll(/\]\((?!https:)([^)]+)\)/g)) {
    const [file, anchor] = target.split('#')
    if (file !== '') t.ok(existsSync(`${ROOT}docs/${file}`), target)
    else t.ok(anchors.includes(anchor), target)
  }
})
