// The tests of src/protocol: each file is to be covered by its own test alone, so each test runs by itself.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './run.mjs'
import { totalsOf } from './tap-output.mjs'

const FOLDER = 'src/protocol'
const start = promisify(execFile)
const node = (args, env) =>
  start(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, maxBuffer: 1 << 28 })

/** Returns how many assertions passed and failed, and what is wrong, a line each. */
export async function testProtocol() {
  const files = readdirSync(root + FOLDER)
  const results = []
  const worker = async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) results.push(await testFile(file))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  return { passed: sum('passed'), failed: sum('failed'), faults: results.flatMap(({ faults }) => faults) }
}

async function testFile(file) {
  const coverage = mkdtempSync(join(tmpdir(), 'sockroute-coverage-'))
  const test = `test/protocol/${file.replace('.ts', '.test.ts')}`
  try {
    const env = { NODE_V8_COVERAGE: coverage, TS_NODE_TRANSPILE_ONLY: '1' }
    const output = await node(['--import=@tapjs/typescript/import', test], env).catch((error) => error)
    const { pass, fail } = totalsOf(output.stdout)
    if (pass === 0 || fail > 0 || output instanceof Error) {
      return {
        passed: pass,
        failed: Math.max(1, fail),
        faults: [`${test} failed:\n${output.stdout}\n${output.stderr}`],
      }
    }
    const { branches, lines } = await coverageOf(`${FOLDER}/${file}`, coverage)
    console.log(`${test}: ${pass} passed, ${branches} % of the branches, ${lines} % of the lines`)
    const faults = branches === 100 && lines === 100 ? [] : [`${file} is not covered by its own test`]
    return { passed: pass, failed: faults.length, faults }
  } finally {
    rmSync(coverage, { recursive: true, force: true })
  }
}

async function coverageOf(file, coverage) {
  const report = ['report', '--temp-directory', coverage, '--reports-dir', coverage, '--reporter=json-summary']
  await node(['node_modules/c8/bin/c8.js', ...report, '--include', file])
  const summary = JSON.parse(readFileSync(join(coverage, 'coverage-summary.json'), 'utf8'))
  const own = Object.entries(summary).find(([path]) => path.endsWith(file))?.[1]
  return { branches: own?.branches.pct ?? 0, lines: own?.lines.pct ?? 0 }
}
