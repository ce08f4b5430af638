// A contender's server as a program. What it is to be is its argument; it is asked with lines on its standard input, and answers with lines.
import { createInterface } from 'node:readline'
import { Meter } from './meter.mjs'

const settings = JSON.parse(process.argv[2])
const meter = new Meter()
const { start } = await import(`./servers/${settings.server}.mjs`)
const port = await start(settings)
const { bun, node } = process.versions
answer({ port, runtime: bun === undefined ? `Node ${node}` : `Bun ${bun}` })

createInterface({ input: process.stdin })
  .on('line', (question) => answer(meter[question]()))
  .on('close', () => process.exit()) // whoever asked is gone

function answer(object) {
  process.stdout.write(`${JSON.stringify(object)}\n`)
}
