// All checks of the project, in the order of their speed. Closes with `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { checkCoverage } from './check-coverage.mjs'
import { checkPackage } from './check-package.mjs'
import { root, run, tool } from './run.mjs'

const TAP_OUTPUT = `${root}.tap/output.tap`

/** @type {[name: string, step: () => void][]} */
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
  mkdirSync(`${root}.tap`, { recursive: true })
  const output = openSync(TAP_OUTPUT, 'w')
  const args = [`${root}node_modules/tap/dist/esm/run.mjs`, '--reporter=tap', '--disable-coverage'] // others are slow to draw
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', output, 'inherit'] })
  closeSync(output)
  const lines = readFileSync(TAP_OUTPUT, 'utf8').split('\n')
  for (const line of lines) if (/^(not )?ok /.test(line)) console.log(line)
  showFailures(lines)
  const totals = /total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?/.exec(
    lines.findLast((line) => line.startsWith('# {')) ?? '',
  )
  const [total = 0, pass = 0, fail = 0] = (totals ?? []).slice(1).map((count) => Number(count ?? 0))
  passed += pass
  failed += fail
  if (total === 0) throw new Error('no test was run')
  if (status !== 0) throw new Error(`${fail} of ${total} assertions failed; all is in ${TAP_OUTPUT}`)
}

/** Every assertion that failed, with what tap says of it. */
function showFailures(lines) {
  let isShown = false
  for (const line of lines) {
    if (/^ *not ok /.test(line) && !/# TODO/.test(line)) isShown = true
    else if (/^ *(ok \d|1\.\.|# )/.test(line)) isShown = false
    if (isShown) console.log(line)
  }
}
