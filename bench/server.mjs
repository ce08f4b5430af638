// A contender's server as a program. What it is to be is its argument; it is asked with lines on its standard input, and answers with lines.
import { createInterface } from 'node:readline'
import { Meter } from './meter.mjs'

const settings = JSON.parse(process.argv[2])
const meter = new Meter()
try {
  const { start } = await import(`./servers/${settings.server}.mjs`)
  const port = await start(settings)
  answer({ port })
} catch (error) {
  console.error(error.message.split('\n')[0]) // the rest is where Node has looked for a module
  process.exit(1)
}

process.once('SIGTERM', () => process.exit()) // so that a profile is written
createInterface({ input: process.stdin })
  .on('line', (question) => answer(meter[question]()))
  .on('close', () => process.exit()) // whoever asked is gone

function answer(object) {
  process.stdout.write(`${JSON.stringify(object)}\n`)
}
