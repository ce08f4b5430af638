// All test files there are, a process each, on all cores.
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { root } from './run.mjs'
import { testFile } from './test-file.mjs'

/** Those with a browser or other programs take longest, the last of these most. Begun last they would run on alone. */
const SLOW = [
  /^test\/(examples|honest|hosts|operating)\//,
  /^test\/adapters\/(redis|nats|cluster)/,
  /^test\/(demo|inspector-(page|line|looks)|topics\/processes)/,
]

/** Other programs, processes that are measured, and clients by the thousand: a third of all time, and CI has it. */
const CI_ONLY = [
  /^test\/honest\/(blocked-loop|clients|many|pages-and-apps|proxies)\./,
  /^test\/operating\/proxies\./,
  /^test\/adapters\/redis-sharded\./,
  /^test\/topics\/processes-(cut|slow|stopped)\./,
  /^test\/hosts\/(catalogue-memory|compressed-clients|faults-network|faults-process)\./,
]

/** Many wait for other programs, or for time: on two cores two files at a time took 465 s of CI (its line `== tests`), and three 340. */
const AT_A_TIME = Math.ceil(availableParallelism() * 1.5)

/** Returns how many assertions passed and failed, and what is wrong, an entry for each file. `flags` are for each file's Node. */
export async function testSources(flags = []) {
  const waiting = testFiles().filter((file) => process.env.CI || !CI_ONLY.some((pattern) => pattern.test(file)))
  const left = testFiles().filter((file) => !waiting.includes(file))
  if (left.length > 0) console.log(`skipped: ${left.join(', ')}; CI runs them, and: CI=true npm test`)
  const results = []
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
      results.push(await testFile(file, flags))
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  const bare = untested()
  const faults = [...results.flatMap(({ fault }) => fault ?? []), ...bare]
  return { passed: sum('pass'), failed: sum('fail') + bare.length, faults }
}

/** Whatever folder they are in, the slow ones first. */
function testFiles() {
  const files = sourcesIn('test').filter((file) => file.endsWith('.test.ts'))
  const rank = (file) => SLOW.findLastIndex((pattern) => pattern.test(file))
  return files.toSorted((a, b) => rank(b) - rank(a))
}

/** Files of src/protocol without a test of their own. */
function untested() {
  const tests = new Set(testFiles())
  const subjects = sourcesIn('src/protocol').filter(
    (file) => !tests.has(file.replace('src/', 'test/').replace('.ts', '.test.ts')),
  )
  return subjects.map((file) => `${file} has no test of its own`)
}

/** All TypeScript in a folder, and in those inside of it. */
export function sourcesIn(folder) {
  return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file}`)
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
}
