// All checks of the project, in the order of their speed. Closes with `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { checkPackage } from './check-package.mjs'
import { root, run, tool } from './run.mjs'
import { failuresIn, totalsOf } from './tap-output.mjs'
import { testProtocol } from './test-protocol.mjs'

const TAP_OUTPUT = `${root}.tap/output.tap`
let passed = 0
let failed = 0

await step('format and lint', () => {
  tool('@biomejs/biome/bin/biome', ['check', '.'])
  tool('oxlint/bin/oxlint', ['--type-aware', '--deny-warnings'])
})
await step('types', () => tool('typescript/bin/tsc', ['-p', 'tsconfig.json']))
await step('build', () => run(process.execPath, ['scripts/build.mjs']))
await step('tests of src/protocol, each file covered by its own', async () => {
  const result = await testProtocol()
  count(result.passed, result.failed)
  if (result.faults.length > 0) throw new Error(result.faults.join('\n'))
})
await step('all other tests', runTap)
await step('the packed package', checkPackage)

console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function step(name, task) {
  const begin = Date.now()
  console.log(`\n== ${name}`)
  try {
    await task()
    count(1, 0)
  } catch (error) {
    count(0, 1)
    console.error(`FAILED: ${name}: ${error.message}`)
  }
  console.log(`== ${name}: ${((Date.now() - begin) / 1000).toFixed(1)} s`)
}

function count(more, faults) {
  passed += more
  failed += faults
}

/** tap on the sources. Its output goes to a file: its other reporters draw longer than the tests run. */
function runTap() {
  mkdirSync(`${root}.tap`, { recursive: true })
  const file = openSync(TAP_OUTPUT, 'w')
  const args = [`${root}node_modules/tap/dist/esm/run.mjs`, '--reporter=tap', '--disable-coverage']
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', file, 'inherit'] })
  closeSync(file)
  const output = readFileSync(TAP_OUTPUT, 'utf8')
  for (const line of output.split('\n')) if (/^(not )?ok .*|^ +ok .* # SKIP/.test(line)) console.log(line)
  for (const line of failuresIn(output)) console.log(line)
  const { total, pass, fail } = totalsOf(output)
  count(pass, fail)
  if (total === 0) throw new Error('no test was run')
  if (status !== 0) throw new Error(`${fail} of ${total} assertions failed; all is in ${TAP_OUTPUT}`)
}
