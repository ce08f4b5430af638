// The packed package beside the packages that people use it with: examples/ecosystem as a project of its own, installed by
// its lock file, a process for each of its tests. Closes with `N passed, N failed`.
//
//     npm run ecosystem                    all of it
//     npm run ecosystem -- --only yjs      the tests with this in their name
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { node } from './node.mjs'
import { root, run } from './run.mjs'

/** For a file, on a slow machine: it starts servers and clients, or a compiler; and one that does not end has left something open. */
const TIMEOUT_MS = 180_000

const { only = '' } = parseArgs({ options: { only: { type: 'string' } } }).values
const project = mkdtempSync(join(tmpdir(), 'sockroute-ecosystem-'))
try {
  if (await install()) await testAll()
} finally {
  rmSync(project, { recursive: true, force: true })
}

/** Returns false where there is no network, which only CI has to have. */
async function install() {
  const isOurs = (file) => !file.includes('node_modules')
  cpSync(`${root}examples/ecosystem`, project, { recursive: true, filter: isOurs })
  const missing = await npm('ci')
  if (missing !== undefined && !process.env.CI && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/.test(missing)) {
    console.log('skipped: the packages of examples/ecosystem cannot be fetched here')
    return false
  }
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', project]
  const [{ filename }] = JSON.parse(run('npm', pack, { capture: true }))
  const fault = missing ?? (await npm('install', '--no-save', join(project, filename)))
  if (fault !== undefined) throw new Error(`examples/ecosystem cannot be installed: ${fault}`)
  return true
}

/** Returns what is wrong, if anything is. */
async function npm(...args) {
  const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--silent', '--loglevel=error']
  const { fault, stderr } = await node([...args, ...quietly], { file: 'npm', cwd: project })
  return fault && `${fault}\n${stderr}`
}

async function testAll() {
  const waiting = readdirSync(project, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.mjs') && !file.includes('node_modules') && file.includes(only))
    .toSorted()
  if (waiting.length === 0) throw new Error(`no test of examples/ecosystem has '${only}' in its name`)
  const results = []
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) results.push(await test(file))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
}

/** Runs a file, and prints a line; of one that fails, all that it wrote. */
async function test(file) {
  const begin = Date.now()
  const args = ['--test-reporter=tap', file]
  const { fault, stdout, stderr } = await node(args, { cwd: project, timeoutMs: TIMEOUT_MS })
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(stdout)?.[1] ?? 0)
  const why = fault ?? (count('pass') === 0 ? 'no test was run' : undefined)
  const seconds = ((Date.now() - begin) / 1000).toFixed(1)
  console.log(`${why ? 'not ok' : 'ok'} - ${file}: ${count('pass')} passed # ${seconds} s`)
  if (why) console.log(`${why}\n${stdout}${stderr}`)
  return { passed: count('pass'), failed: why ? Math.max(1, count('fail')) : 0 }
}
