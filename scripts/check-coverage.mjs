// Every file in src/protocol has 100 % branch coverage from its own test alone.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { root } from './run.mjs'

const FOLDER = 'src/protocol'

export function checkCoverage() {
  const faults = readdirSync(root + FOLDER)
    .map(faultOf)
    .filter((fault) => fault !== undefined)
  if (faults.length > 0) throw new Error(faults.join('; '))
}

function faultOf(file) {
  const test = `test/protocol/${file.replace('.ts', '.test.ts')}`
  const args = ['--coverage-report=json-summary', '--show-full-coverage', '--reporter=silent', test]
  const { status, stderr } = spawnSync(process.execPath, ['node_modules/tap/dist/esm/run.mjs', ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) return `${test} failed: ${stderr}`
  const summary = JSON.parse(readFileSync(`${root}.tap/report/coverage-summary.json`, 'utf8'))
  const { branches, lines } = Object.entries(summary).find(([path]) => path.endsWith(`${FOLDER}/${file}`))?.[1] ?? {}
  console.log(`${file}: branches ${branches?.pct} %, lines ${lines?.pct} %`)
  return branches?.pct === 100 && lines?.pct === 100 ? undefined : `${file} is not covered by its own test`
}
