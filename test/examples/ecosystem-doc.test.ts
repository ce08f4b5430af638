/** docs/ecosystem.md shows the programs that are run, and docs/fastify-websocket.md the differences that are looked for. */

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { ROOT } from '../support/root.ts'

interface Difference {
  readonly scenario: string
  readonly theirs: readonly string[]
  readonly ours: readonly string[]
  readonly why: string
}

const FOLDER = `${ROOT}examples/ecosystem`
const read = (file: string): string => readFileSync(file, 'utf8')
const text = read(`${ROOT}docs/ecosystem.md`)
const blocks = [...text.matchAll(/^```js\n(\/\/ ([\w.-]+)\n[\s\S]*?)^```$/gm)]

t.test('each block is a file, and each program has its block', async (t) => {
  t.equal(blocks.length, text.split('\n```').length / 2 - 0.5)
  for (const [, code, name] of blocks) t.equal(code, read(`${FOLDER}/${name}`), name)
  const programs = readdirSync(FOLDER).filter((name) => name.endsWith('.mjs') && !name.endsWith('.test.mjs'))
  t.same(blocks.map(([, , name]) => name).toSorted(), programs.toSorted())
})

t.test('the versions are those that are installed', async (t) => {
  const { dependencies } = JSON.parse(read(`${FOLDER}/package.json`)) as { dependencies: Record<string, string> }
  const versions = [...text.matchAll(/`([@\w/.-]+)` (\d+\.[\w.]+)/g)].map(([, name, version]) => [name, version])
  t.ok(versions.length >= 10)
  for (const [name, version] of versions) t.equal(version, dependencies[name], name)
})

t.test('the differences are those that are looked for', async (t) => {
  const { DIFFERENCES } = (await import(`${FOLDER}/fastify-websocket/differences.mjs`)) as {
    DIFFERENCES: readonly Difference[]
  }
  const rows = read(`${ROOT}docs/fastify-websocket.md`)
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (what|-)/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  t.same(
    rows.map(([, what, theirs, ours, why]) => [what, theirs, ours, why]),
    DIFFERENCES.map(({ scenario, theirs, ours, why }) => [scenario, shown(theirs), shown(ours), why]),
  )
})

function shown(lines: readonly string[]): string {
  return lines.map((line) => `\`${line}\``).join(', ')
}
