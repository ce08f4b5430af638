/** The catalogue of hostile and faulty peers: that every row of it is tested, on every host, in a test that says so. */

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { ROOT } from './support/root.ts'

/** The rows by group, as numbers. */
const GROUPS: Record<string, number[]> = {
  /** Handshake */
  H: [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29, 30, 31, 32, 34,
    35, 36, 37, 38,
  ],
  /** Frames */
  F: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 25, 27, 28, 29, 30],
  /** permessage-deflate */
  C: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15],
  /** Backpressure, and faults of connections */
  B: [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  /** Applications and adapters */
  A: [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13],
  /** Other sites, and credentials */
  X: [1, 3],
  /** Resources */
  R: [1, 2, 3, 4, 5, 6, 7, 8],
  /** HTTP/2 */
  Z: [1, 2, 3, 5, 6],
}

const ROWS = Object.entries(GROUPS).flatMap(([group, numbers]) =>
  numbers.map((number) => `${group}${String(number).padStart(2, '0')}`),
)

/** A row that needs something which not every machine has, and the file that has it. */
const IN_FILE: Record<string, string> = { X01: 'test/hosts/chromium.test.ts' }

/** The rows that the names in a source's tests begin with: `F01 H19 a frame without a mask`. Comments do not count. */
function rowsIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const names = code.matchAll(/['"`]((?:[A-Z]\d\d\b ?)+)/g)
  return [...names].flatMap(([, rows]) => rows.trim().split(' '))
}

const files = ['test/hosts/', 'test/http2/'].flatMap((folder) =>
  readdirSync(ROOT + folder)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => folder + file),
)
const rowsByFile = new Map(files.map((file) => [file, rowsIn(readFileSync(ROOT + file, 'utf8'))]))

t.test('names are read from code alone', async (t) => {
  t.same(rowsIn(`t.test('F01 H19 both')\n// 'F02'\n/* 'F03' */ ["F04", \`F05 \${x}\`, 'no F06', 'F07x', 'ff']`), [
    'F01',
    'H19',
    'F04',
    'F05',
  ])
})

t.test('every row has a test that runs on every host', async (t) => {
  t.equal(ROWS.length, 112)
  for (const row of ROWS) {
    const found = files.filter((file) => rowsByFile.get(file)?.includes(row))
    t.ok(found.length > 0, `${row}: ${found.join(', ') || 'no test'}`)
  }
  for (const [row, file] of Object.entries(IN_FILE)) t.ok(rowsByFile.get(file)?.includes(row), `${row}: ${file}`)
})

t.test('no test names a row that is none', async (t) => {
  for (const [file, rows] of rowsByFile) {
    t.same(
      rows.filter((row) => !ROWS.includes(row)),
      [],
      file,
    )
  }
})
