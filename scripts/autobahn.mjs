// The Autobahn test suite against our echo server on each host, and against our client; every verdict has to be the expected one.
import { mkdirSync } from 'node:fs'
import { selection } from './autobahn/cases.mjs'
import { differences, readExpectations, updateExpectations, writeExpectations } from './autobahn/expectations.mjs'
import { findWstest } from './autobahn/find-wstest.mjs'
import { CACHE, EXPECTATIONS, REPORTS } from './autobahn/folders.mjs'
import { readOptions } from './autobahn/options.mjs'
import { runClient } from './autobahn/run-client.mjs'
import { runHost } from './autobahn/run-host.mjs'
import { describeDifference, table } from './autobahn/summary.mjs'
import { listCases } from './autobahn/wstest.mjs'
import { program } from './children.mjs'

await program(async () => {
  const options = readOptions(process.argv.slice(2))
  if (options.help) console.log(options.help)
  else await main(options)
})

async function main(options) {
  const wstest = await find(options)
  if (wstest === undefined) return
  console.log(`with ${wstest.what}`)
  const runs = await runAll(wstest, options)
  console.log(`\n${table(runs)}\n\nreports: ${REPORTS}*/index.html`)
  if (options.isUpdate) {
    writeExpectations(EXPECTATIONS, updateExpectations(readExpectations(EXPECTATIONS), runs))
    console.log(`written: ${EXPECTATIONS}`)
  } else compare(runs)
}

async function find({ maySkip }) {
  mkdirSync(CACHE, { recursive: true })
  try {
    return await findWstest()
  } catch (error) {
    if (!maySkip) throw error
    console.log(`skipped: ${error.message}`)
    return undefined
  }
}

/** One host after the other: each takes all cores. */
async function runAll(wstest, { runs, jobs }) {
  const all = await listCases(wstest)
  const done = []
  for (const run of runs) {
    const isSelected = selection(run.cases)
    const cases = all.filter(isSelected)
    if (cases.length === 0) throw new Error(`the suite has no case ${run.cases}`)
    const begin = Date.now()
    const runCases = run.host === 'client' ? runClient : runHost
    const results = await runCases(wstest, { ...run, cases, jobs })
    console.log(`${run.label}: ${((Date.now() - begin) / 1000).toFixed(1)} s`)
    done.push({ host: run.label, isSelected, results })
  }
  return done
}

function compare(runs) {
  const expectations = readExpectations(EXPECTATIONS)
  let failed = 0
  let total = 0
  for (const { host, isSelected, results } of runs) {
    const found = differences(expectations, results, isSelected)
    for (const difference of found) console.log(describeDifference(host, difference))
    failed += found.length
    total += new Set([...Object.keys(expectations).filter(isSelected), ...Object.keys(results)]).size
  }
  console.log(`\n${total - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}
