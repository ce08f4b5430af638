/** The tests that docs/testing-your-routes.md, docs/logs-and-sessions.md and the README show, run as their readers would run them. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { ROOT } from '../support/root.ts'

const guide = readFileSync(`${ROOT}docs/testing-your-routes.md`, 'utf8')
const readme = readFileSync(`${ROOT}README.md`, 'utf8')
const sessions = readFileSync(`${ROOT}docs/logs-and-sessions.md`, 'utf8')
const files = [guide, readme, sessions].flatMap(testsIn)

function testsIn(text: string): (readonly [name: string, code: string])[] {
  const blocks = text.matchAll(/^```js\n(\/\/ ([\w-]+\.test\.mjs)\n[\s\S]*?)^```$/gm)
  return [...blocks].map(([, code, name]) => [name, code])
}

t.test('there are some', async (t) => {
  t.equal(testsIn(guide).length, guide.split('\n```js').length - 1, 'each block of code is a file')
  t.ok(testsIn(guide).length >= 3)
  t.ok(testsIn(readme).length >= 1)
  t.equal(testsIn(sessions).length, sessions.split('\n```js').length - 1)
})

for (const [name] of files) {
  t.test(name, { timeout: 60_000 }, async (t) => {
    const folder = t.testdir(Object.fromEntries(files)) // in the package: it is found
    const begin = performance.now()
    const { status, stdout } = spawnSync(process.execPath, ['--test-reporter=tap', name], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
      timeout: 50_000,
    })
    t.equal(status, 0, stdout)
    t.match(stdout, /^# pass [1-9]\d*$/m)
    t.match(stdout, /^# fail 0$/m)
    t.ok(performance.now() - begin < 40_000, 'it ends by itself, and waits for nothing')
  })
}
