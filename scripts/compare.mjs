// The same hostile bytes against our servers and others', and what came of it: docs/comparison.md.
import { writeFileSync } from 'node:fs'
import { program } from './children.mjs'
import { COMPRESSION_ROWS } from './compare/compression-rows.mjs'
import { contenders } from './compare/contenders.mjs'
import { documentOf } from './compare/document.mjs'
import { FAULT_ROWS } from './compare/fault-rows.mjs'
import { FRAME_ROWS } from './compare/frame-rows.mjs'
import { HANDSHAKE_ROWS } from './compare/handshake-rows.mjs'
import { Server } from './compare/server.mjs'
import { root, tool } from './run.mjs'

const ROWS = [...HANDSHAKE_ROWS, ...FRAME_ROWS, ...COMPRESSION_ROWS, ...FAULT_ROWS].toSorted((a, b) =>
  a.id.localeCompare(b.id),
)

const DOCUMENT = `${root}docs/comparison.md`

await program(main)

async function main() {
  const all = contenders()
  const columns = []
  for (const contender of all) columns.push(await runAll(contender))
  const results = ROWS.map((_, row) => columns.map((column) => column[row]))
  writeFileSync(DOCUMENT, documentOf(all, ROWS, results))
  tool('@biomejs/biome/bin/biome', ['format', '--write', DOCUMENT])
  const wrong = columns.slice(0, 3).flatMap((column) => column.filter(({ isRight }) => !isRight)).length
  console.log(`\nwritten: docs/comparison.md\n\n${3 * ROWS.length - wrong} passed, ${wrong} failed`)
  if (wrong > 0) process.exitCode = 1
}

async function runAll(contender) {
  const server = new Server(contender)
  const column = []
  for (const row of ROWS) {
    const found = await server.try(row)
    column.push({ found, isRight: row.expected.test(found) })
  }
  await server.end()
  const wrong = column.flatMap(({ found, isRight }, at) =>
    isRight ? [] : `  ${ROWS[at].id} ${ROWS[at].sent}: ${found}`,
  )
  console.log([`${contender.name}: ${ROWS.length - wrong.length} of ${ROWS.length} right`, ...wrong].join('\n'))
  return column
}
