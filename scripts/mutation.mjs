// How many small mistakes in src/protocol each file's own test would notice. `npm run mutation -- mask utf8` for some files.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { mutantsOf } from './mutation/mutants.mjs'
import { Sandbox } from './mutation/sandbox.mjs'
import { root } from './run.mjs'

/** Of all mutants, in percent. */
const LEAST_SCORE = 90

const chosen = process.argv.slice(2)
const files = readdirSync(`${root}src/protocol`)
  .filter((file) => chosen.length === 0 || chosen.includes(file.replace('.ts', '')))
  .map((file) => `src/protocol/${file}`)
const sandboxes = Array.from({ length: availableParallelism() }, (_, at) => new Sandbox(at))
const totals = { killed: 0, all: 0 }

for (const file of files) await score(file)
rmSync(`${root}.mutation`, { recursive: true, force: true })

const percent = (100 * totals.killed) / totals.all
console.log(`\nmutation score: ${percent.toFixed(1)} % (${totals.killed} of ${totals.all}); at least ${LEAST_SCORE} %`)
const isEnough = percent >= LEAST_SCORE
console.log(`${isEnough ? 1 : 0} passed, ${isEnough ? 0 : 1} failed`)
process.exitCode = isEnough ? 0 : 1

async function score(file) {
  const source = readFileSync(root + file, 'utf8')
  const test = file.replace('src/', 'test/').replace('.ts', '.test.ts')
  if (await sandboxes[0].fails(test)) throw new Error(`${test} fails without any mutant`)
  const waiting = mutantsOf(file, source)
  const all = waiting.length
  const survivors = []
  const worker = async (sandbox) => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      sandbox.put(file, mutant.code)
      if (!(await sandbox.fails(test))) survivors.push(mutant)
    }
    sandbox.put(file, source)
  }
  await Promise.all(sandboxes.map(worker))
  totals.killed += all - survivors.length
  totals.all += all
  console.log(`${file}: ${all - survivors.length} of ${all}`)
  for (const { line, what } of survivors.toSorted((a, b) => a.line - b.line)) console.log(`    ${line}: ${what}`)
}
