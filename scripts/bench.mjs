// What messages cost: our servers beside others', a workload at a time.
import { writeFileSync } from 'node:fs'
import { able } from './bench/able.mjs'
import { chartOf } from './bench/chart.mjs'
import { documentOf } from './bench/document.mjs'
import { measure } from './bench/measure.mjs'
import { readOptions } from './bench/options.mjs'
import { isPinned } from './bench/pin.mjs'
import { placed } from './bench/placed.mjs'
import { progress, progressDone } from './bench/progress.mjs'
import {
  aboutThisRun,
  baseNameOf,
  RECORDS,
  readRecords,
  recordFor,
  withWorkload,
  writeRecord,
} from './bench/record.mjs'
import { detailTable } from './bench/table.mjs'
import { program } from './children.mjs'
import { root, tool } from './run.mjs'

const DOCUMENT = `${root}docs/performance.md`

await program(async () => {
  const options = readOptions(process.argv.slice(2))
  if (options.text) console.log(options.text)
  else await main(options)
})

async function main(options) {
  const contenders = await able(placed(options))
  const about = aboutThisRun(contenders, options.node)
  let record = options.isWritten ? recordFor(about, options.isWhole) : { about, workloads: {} }
  if (!isPinned) console.log('servers and client share all cores: there is no taskset, or only one core')
  const faults = []
  for (const [index, workload] of options.workloads.entries()) {
    const at = `${index + 1}/${options.workloads.length} ${workload.id}`
    const found = await measure(workload, contenders, options, (step) => progress(`${at}: ${step}`))
    progressDone()
    console.log(`\n${at}: ${workload.name}\n\n${detailTable(contenders, workload, found.results)}`)
    for (const fault of found.faults) console.log(`FAILED: ${fault}`)
    faults.push(...found.faults)
    const today = new Date().toISOString().slice(0, 10)
    const isWhole = found.faults.length === 0 // half an hour of other workloads is not lost with one
    if (isWhole || !options.isWritten) record = withWorkload(record, workload, options.seconds, found.results, today)
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(record, undefined, 2)}\n`)
  if (faults.length > 0) process.exitCode = 1
  if (options.isWritten) writeAll(record)
}

/** The record, its chart, and the document of all records. */
function writeAll(record) {
  const written = [writeRecord(record), DOCUMENT]
  const records = readRecords()
  for (const one of records) writeFileSync(`${RECORDS}${baseNameOf(one.about)}.svg`, chartOf(one))
  writeFileSync(DOCUMENT, documentOf(records))
  tool('@biomejs/biome/bin/biome', ['format', '--write', ...written])
  console.log(`\nwritten: ${written.join(', ')}`)
}
