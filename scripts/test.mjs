// All checks of the project, in the order of their speed. Closes with `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { checkCoverage } from './check-coverage.mjs'
import { checkPackage } from './check-package.mjs'
import { root, run, tool } from './run.mjs'

const TAP_OUTPUT = `${root}.tap/output.tap`

const steps = [
  [
    'format and lint',
    () => {
      tool('@biomejs/biome/bin/biome', ['check', '.'])
      tool('oxlint/bin/oxlint', ['--type-aware', '--deny-warnings'])
    },
  ],
  ['types', () => tool('typescript/bin/tsc', ['-p', 'tsconfig.json'])],
  ['build', () => run(process.execPath, ['scripts/build.mjs'])],
  ['tests', runTests],
  ['coverage of src/protocol, each file by its own test', checkCoverage],
  ['the packed package', checkPackage],
]

let passed = 0
let failed = 0

for (const [name, step] of steps) {
  const begin = Date.now()
  console.log(`\n== ${name}`)
  try {
    step()
    passed++
  } catch (error) {
    failed++
    console.error(`FAILED: ${name}: ${error.message}`)
  }
  console.log(`== ${name}: ${((Date.now() - begin) / 1000).toFixed(1)} s`)
}

console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** tap on the sources. Its assertions are counted one by one, and none at all is a failure. */
function runTests() {
  rmSync(TAP_OUTPUT, { force: true })
  const args = [`${root}node_modules/tap/dist/esm/run.mjs`, '--reporter=terse', `--output-file=${TAP_OUTPUT}`]
  const { status } = spawnSync(process.execPath, [...args, '--disable-coverage'], { cwd: root, stdio: 'inherit' })
  const totals = readFileSync(TAP_OUTPUT, 'utf8').match(/^# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?/m)
  const [total, pass = 0, fail = 0] = (totals ?? [0, 0, 0, 0]).slice(1).map((count) => Number(count ?? 0))
  if (total === 0) throw new Error('no test was run')
  passed += pass
  failed += fail
  if (status !== 0) throw new Error(`${fail} of ${total} assertions failed`)
}
