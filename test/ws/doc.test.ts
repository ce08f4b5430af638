import { readFileSync } from 'node:fs'
import t from 'tap'
import { ROOT } from '../support/root.ts'
import { DIFFERENCES } from './differences.ts'

t.test('docs/ws.md lists every difference, in the same order, and no other', async (t) => {
  const [, table] = readFileSync(`${ROOT}docs/ws.md`, 'utf8').split('## Differences')
  const rows = table.split('\n').filter((line) => line.startsWith('| '))
  const names = rows.slice(2).map((row) => row.split('|')[1].trim())
  t.same(
    names,
    DIFFERENCES.map(({ what }) => what),
  )
})
