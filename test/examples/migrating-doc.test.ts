/** docs/migrating.md shows the programs that are run. */

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { ROOT } from '../support/root.ts'

const FOLDER = `${ROOT}examples/ecosystem/migrating`
const text = readFileSync(`${ROOT}docs/migrating.md`, 'utf8')
const blocks = [...text.matchAll(/^```js\n(\/\/ migrating\/([\w.-]+)\n[\s\S]*?)^```$/gm)]

t.test('each block is a file', async (t) => {
  t.equal(blocks.length, text.split('\n```').length / 2 - 0.5)
  for (const [, code, name] of blocks) t.equal(code, readFileSync(`${FOLDER}/${name}`, 'utf8'), name)
})

t.test('and each program has its block', async (t) => {
  const programs = readdirSync(FOLDER).filter((name) => /-(before|after|both)/.test(name))
  const shown = blocks.map(([, , name]) => name)
  t.same(programs.toSorted(), shown.toSorted())
})

t.test('links lead somewhere', async (t) => {
  const headings = new Set(
    [...text.matchAll(/^## (.+)$/gm)].map(([, title]) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
  const anchors = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor)
  t.ok(anchors.length >= 5)
  for (const anchor of anchors) t.ok(headings.has(anchor), anchor)
})
