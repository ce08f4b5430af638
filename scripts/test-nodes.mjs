// Run by itself. All test files on every line of Node, each once as it is and once with sockets that read as Node's own do.
// Arguments are the lines; without any, all of them. A line's Node comes from the npm package `node`.
import { node } from './node.mjs'
import { run } from './run.mjs'
import { testSources } from './test-sources.mjs'

const LINES = ['20', '22', '24', '26']
const MODES = { 'shared reads': [], 'own reads': ['--import', './scripts/own-reads.mjs'] }

const [inside, ...lines] = process.argv.slice(2)
if (inside === '--inside') await testHere(lines[0])
else await testAll(inside === undefined ? LINES : [inside, ...lines])

async function testAll(lines) {
  run(process.execPath, ['scripts/build.mjs', '--tests'])
  const results = []
  for (const line of lines) {
    for (const mode of Object.keys(MODES)) {
      const [file, args] = ['npx', ['-y', '-p', `node@${line}`, 'node', 'scripts/test-nodes.mjs', '--inside', mode]]
      const { fault, stdout, stderr } = await node(args, { file })
      console.log(
        `\n== Node ${line}, ${mode}\n${fault === undefined ? stdout.split('\n').slice(-2).join('\n') : stdout + stderr}`,
      )
      const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [0, 0, 1]
      results.push({ passed: Number(passed), failed: Number(failed) })
    }
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
}

/** In the Node that this process is. */
async function testHere(mode) {
  console.log(process.version)
  const { passed, failed, faults } = await testSources(MODES[mode])
  for (const fault of faults) console.log(`\nFAILED: ${fault}`)
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
