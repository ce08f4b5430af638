// Run by itself. All test files on every line of Node, each once as it is and once with sockets that read as Node's own do.
// Arguments are the lines; without any, all of them. A line's Node comes from the npm package `node`. With `--coverage` it
// tells how much of src/ all of them together have run, and fails below 97 % of the branches.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { coverageOfAll, keepSources } from './coverage.mjs'
import { node } from './node.mjs'
import { run } from './run.mjs'
import { testSources } from './test-sources.mjs'

const LINES = ['20', '22', '24', '26']
const MODES = { 'shared reads': [], 'own reads': ['--import', './scripts/own-reads.mjs'] }
const LEAST_BRANCHES = 97

const [inside, mode] = process.argv.slice(2)
if (inside === '--inside') await testHere(mode)
else await testAll(process.argv.slice(2))

async function testAll(given) {
  const lines = given.filter((one) => one !== '--coverage')
  const folder = given.includes('--coverage') ? mkdtempSync(join(tmpdir(), 'sockroute-coverage-')) : undefined
  run(process.execPath, ['scripts/build.mjs', '--tests'])
  const results = []
  for (const line of lines.length > 0 ? lines : LINES) {
    for (const mode of Object.keys(MODES)) results.push(await testOn(line, mode, folder))
  }
  if (folder !== undefined) results.push(await covered(folder))
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
}

async function testOn(line, mode, folder) {
  const [file, args] = ['npx', ['-y', '-p', `node@${line}`, 'node', 'scripts/test-nodes.mjs', '--inside', mode]]
  const env = folder === undefined ? {} : { NODE_V8_COVERAGE: folder }
  const { fault, stdout, stderr } = await node(args, { file, env })
  if (folder !== undefined) keepSources(folder)
  const shown = fault === undefined ? stdout.split('\n').slice(-2).join('\n') : stdout + stderr
  console.log(`\n== Node ${line}, ${mode}\n${shown}`)
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [0, 0, 1]
  return { passed: Number(passed), failed: Number(failed) }
}

/** In the Node that this process is. */
async function testHere(mode) {
  console.log(process.version)
  const { passed, failed, faults } = await testSources(MODES[mode])
  for (const fault of faults) console.log(`\nFAILED: ${fault}`)
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

async function covered(folder) {
  const { branches, lines, missed } = await coverageOfAll(folder)
  rmSync(folder, { recursive: true, force: true })
  console.log(`\nsrc/: ${branches} % of the branches, ${lines} % of the lines; branches that nobody took:`)
  console.log(missed.join('\n'))
  const isEnough = branches >= LEAST_BRANCHES
  return { passed: isEnough ? 1 : 0, failed: isEnough ? 0 : 1 }
}
