// What was measured, as it is kept: a file for each line of Node, with every round of every workload.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem, type } from 'node:os'
import { root, run } from '../run.mjs'
import { isPinned } from './pin.mjs'

export const RECORDS = `${root}docs/bench/`
const DIGITS = 4
const GIB = 2 ** 30

/** Where and with what it is measured: only what agrees in all of it stands beside each other. */
export function aboutThisRun(contenders, node) {
  return {
    node: run(node, ['-p', 'process.versions.node'], { capture: true }).trim(),
    machine: `${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / GIB)} GiB, ${type()}`,
    isPinned,
    contenders: contenders.map(({ id, name, versions }) => ({ id, name, versions })),
  }
}

/** The record of this line of Node if there is one that this run may add to. @throws Error if there is one of another run's */
export function recordFor(about, isWhole) {
  const file = fileOf(about)
  const empty = { about, workloads: {} }
  if (isWhole || !existsSync(file)) return empty
  const record = JSON.parse(readFileSync(file, 'utf8'))
  if (JSON.stringify(record.about) === JSON.stringify(about)) return record
  throw new Error(`${file} is of another machine, or of other versions: measure all workloads, not only some`)
}

/** The record with a workload's results in the place of those that it had. */
export function withWorkload(record, workload, seconds, results, measured) {
  const { id, name, figure } = workload
  const rounded = Object.fromEntries(Object.entries(results).map(([who, rounds]) => [who, rounds.map(roundAll)]))
  return { ...record, workloads: { ...record.workloads, [id]: { name, figure, measured, seconds, results: rounded } } }
}

/** Returns the file. */
export function writeRecord(record) {
  mkdirSync(RECORDS, { recursive: true })
  const file = fileOf(record.about)
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`)
  return file
}

/** All there are, the oldest Node first. */
export function readRecords() {
  const files = readdirSync(RECORDS).filter((name) => name.endsWith('.json'))
  const records = files.map((name) => JSON.parse(readFileSync(RECORDS + name, 'utf8')))
  return records.toSorted((a, b) => Number.parseInt(a.about.node, 10) - Number.parseInt(b.about.node, 10))
}

/** Without the extension. */
export function baseNameOf({ node }) {
  return `node-${Number.parseInt(node, 10)}`
}

function fileOf(about) {
  return `${RECORDS}${baseNameOf(about)}.json`
}

function roundAll(figures) {
  return Object.fromEntries(Object.entries(figures).map(([key, number]) => [key, Number(number.toPrecision(DIGITS))]))
}
