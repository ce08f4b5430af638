/** The list in the documents is the one that the tests go by. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { ROOT } from '../support/root.ts'
import { DIFFERENCES } from './differences.ts'

t.test('docs/differences.md lists every difference with its section of the RFC, and no other', async (t) => {
  const lines = readFileSync(`${ROOT}docs/differences.md`, 'utf8').split('\n')
  const rows = lines.filter((line) => line.startsWith('| `')).map((line) => line.split('|').map((cell) => cell.trim()))
  const written = rows.map(([, peer, name, section]) => [peer.replaceAll('`', ''), name, section])
  t.same(
    written,
    DIFFERENCES.map(({ peer, name, section }) => [peer, name, `§${section}`]),
  )
})
