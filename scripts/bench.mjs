// What messages cost: our servers beside others', a workload at a time.
import { contendersAt } from './bench/contenders.mjs'
import { measure } from './bench/measure.mjs'
import { readOptions } from './bench/options.mjs'
import { isPinned } from './bench/pin.mjs'
import { progress, progressDone } from './bench/progress.mjs'
import { detailTable } from './bench/table.mjs'
import { endAll, endAllOnSignals } from './children.mjs'

endAllOnSignals()
try {
  const options = readOptions(process.argv.slice(2))
  if (options.text) console.log(options.text)
  else await main(options)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  await endAll()
}

async function main(options) {
  const contenders = contendersAt(options)
  if (!isPinned) console.log('servers and client share all cores: there is no taskset, or only one core')
  const faults = []
  for (const [index, workload] of options.workloads.entries()) {
    const at = `${index + 1}/${options.workloads.length} ${workload.id}`
    const found = await measure(workload, contenders, options, (step) => progress(`${at}: ${step}`))
    progressDone()
    console.log(`\n${workload.name} (${workload.id})\n\n${detailTable(contenders, workload, found.results)}`)
    for (const fault of found.faults) console.log(`FAILED: ${fault}`)
    faults.push(...found.faults)
  }
  if (faults.length > 0) process.exitCode = 1
}
