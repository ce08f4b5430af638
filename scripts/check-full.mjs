// What is too long for every day: each step after the other, in its long version. Closes with `N passed, N failed`.
import { node } from './node.mjs'
import { root } from './run.mjs'
import { failuresIn, totalsOf } from './tap-output.mjs'
import { sourcesIn } from './test-sources.mjs'

/** No step is waited for longer. */
const TIMEOUT_MS = 3_600_000

const STEPS = [
  program('everything compiled', 'scripts/build.mjs', '--tests'),
  property('a million chunkings, ten of each stream', 'test/properties/chunking.property.test.ts', 100_000),
  property('messages in any fragments', 'test/properties/messages.property.test.ts', 200_000),
  property('each rule of RFC 6455, broken', 'test/properties/rules.property.test.ts', 10_000),
  property('whatever happens to a connection', 'test/wire.property.test.ts', 20_000),
  property('topics over a broker that fails', 'test/topics/simulation.property.test.ts', 20_000),
  property('ten million frames beside ws', 'test/differential/ws.test.ts', 680_000),
  property('ten million frames beside websockets', 'test/differential/websockets.test.ts', 30_000),
  ...sourcesIn('test/honest')
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => test(`honest peers, at full length: ${file}`, file, { SOCKROUTE_FULL: '1' })),
  program('half an hour under load and attack', 'scripts/soak.mjs', '--minutes', '30'),
  program('honest clients beside hostile ones', 'scripts/soak.mjs', '--fairness'),
  program('a client that never reads', 'scripts/soak.mjs', '--never-read'),
  program('topics while brokers, processes and networks fail', 'scripts/chaos.mjs'),
  program('mutation score', 'scripts/mutation.mjs'),
]

let passed = 0
let failed = 0

process.chdir(root)
for (const { name, run } of STEPS) {
  const begin = Date.now()
  const result = await run()
  passed += result.passed
  failed += result.failed
  console.log(`== ${name}: ${result.failed === 0 ? 'ok' : 'FAILED'}, ${((Date.now() - begin) / 1000).toFixed(1)} s`)
  console.log(result.output)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** A test file, with so many runs of each of its properties. */
function property(name, file, runs) {
  return test(name, file, { SOCKROUTE_RUNS: String(runs) })
}

function test(name, file, longer) {
  const compiled = `dist/${file.replace('.ts', '.js')}`
  const env = { TAP_TIMEOUT: '0', ...longer }
  return {
    name,
    async run() {
      const { fault, stdout, stderr } = await node(['--enable-source-maps', compiled], { env, timeoutMs: TIMEOUT_MS })
      const { pass, fail } = totalsOf(stdout)
      const comments = stdout.split('\n').filter((line) => /^ +(# \d|ok .* # SKIP)/.test(line))
      const output = fault === undefined ? comments : [fault, ...failuresIn(stdout), stderr]
      return { passed: pass, failed: fault === undefined ? fail : Math.max(1, fail), output: output.join('\n') }
    },
  }
}

/** A script, which passes or fails as a whole. */
function program(name, ...args) {
  return {
    name,
    async run() {
      const { fault, stdout, stderr } = await node(args, { timeoutMs: TIMEOUT_MS })
      const isRight = fault === undefined
      return {
        passed: isRight ? 1 : 0,
        failed: isRight ? 0 : 1,
        output: isRight ? stdout : `${fault}\n${stdout}${stderr}`,
      }
    },
  }
}
