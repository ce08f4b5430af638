// All checks of the project; what does not need the other's result runs beside it. Closes with `N passed, N failed`.
import { node } from './node.mjs'
import { root } from './run.mjs'
import { testSources } from './test-sources.mjs'

const faults = []
let passed = 0
let failed = 0

process.chdir(root)
await Promise.all([
  step('types, and everything compiled', program('scripts/build.mjs', '--tests')),
  step('format', program('node_modules/@biomejs/biome/bin/biome', 'check', '.')),
  step('lint', program('node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings')),
])
await Promise.all([
  step('tests', () => testSources()),
  step('the packed package', program('scripts/check-package.mjs')),
])
if (process.env.CI) {
  await step('autobahn', counted('scripts/autobahn.mjs'))
  await step('the packages that people use it with', counted('scripts/check-ecosystem.mjs'))
  await step('a minute under load and attack', program('scripts/soak.mjs', '--minutes', '1', '--connections', '600'))
} else {
  console.log('skipped: the Autobahn suite, which takes some minutes; CI runs it, and: npm run autobahn')
  console.log(
    'skipped: the packages that people use it with, which are to be fetched; CI runs them, and: npm run ecosystem',
  )
  console.log('skipped: a minute under load and attack; CI runs it, and: npm run soak -- --minutes 1 --connections 600')
}

for (const fault of faults) console.log(`\nFAILED: ${fault}`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** A step passes or fails like an assertion, beside those that it has made. */
async function step(name, task) {
  const begin = Date.now()
  const result = await task()
  passed += result.passed + (result.faults.length === 0 ? 1 : 0)
  failed += result.failed + (result.faults.length === 0 ? 0 : 1)
  faults.push(...result.faults.map((fault) => `${name}: ${fault}`))
  console.log(`== ${name}: ${((Date.now() - begin) / 1000).toFixed(1)} s`)
}

/** A program that has a total of its own. */
function counted(file) {
  return async () => {
    const { fault, stdout, stderr } = await node([file])
    console.log(stdout)
    const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(stdout) ?? [0, 0, 0]
    const faults = fault === undefined ? [] : [`${fault}\n${stderr}`]
    return { passed: Number(passed), failed: Number(failed), faults }
  }
}

/** What it writes is shown as a whole when it has ended, as others write at the same time. */
function program(...args) {
  return async () => {
    const { fault, stdout, stderr } = await node(args)
    if (fault === undefined) process.stdout.write(stdout + stderr)
    return { passed: 0, failed: 0, faults: fault === undefined ? [] : [`${fault}\n${stdout}${stderr}`] }
  }
}
