/** docs/inspector.md names the options that there are, with their defaults, and the keys that the page has. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { inspector } from '../adapters/inspector.ts'
import { createWebSockets } from '../src/index.ts'
import { ROOT } from './support/root.ts'

const read = (file: string): string => readFileSync(ROOT + file, 'utf8')
const doc = read('docs/inspector.md')

/** The cells of the rows of a table that begins with that head. */
function tableOf(head: string): string[][] {
  const [, table] = doc.split(new RegExp(`\\| ${head} .*\\n.*\\n`))
  const lines = table.split('\n')
  const rows = lines.slice(0, lines.indexOf(''))
  return rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')))
}

t.test('each option, with its default', async (t) => {
  const source = read('adapters/inspector.ts')
  const declared = [...source.matchAll(/@defaultValue (\w+)[^}]*?readonly (\w+)\?:/g)].map(([, value, name]) => [
    name,
    value,
  ])
  const told = tableOf('option').map(([, name, value]) => [name, value])
  t.same(told, declared)
  t.equal(told.length, 4)
  for (const [name, value] of told) {
    t.ok(inspector(createWebSockets(), { [name]: JSON.parse(value) }), name)
    t.match(source, new RegExp(`${name} = ${value}\\b`), 'which is what it does without')
  }
})

t.test('each key', async (t) => {
  const html = read('adapters/inspector/index.html')
  const inDialog = [...html.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].filter(([, keys]) => keys.includes('<kbd>'))
  const plain = (text: string): string[] => [...text.matchAll(/<kbd>(.*?)<\/kbd>/g)].map(([, key]) => key)
  const told = tableOf('key').map(([, keys]) => keys.split(/,? (?:then )?/))
  t.same(
    told.flat(),
    inDialog.flatMap(([, keys, what]) => [...plain(keys), ...plain(what)]),
  )
  const [, actions] = /onKeys\(\{(.*?)\n {4}\}\)/s.exec(read('adapters/inspector/main.ts')) ?? []
  const does = [...actions.matchAll(/^ {6}'?([^':]+)'?: \(\)/gm)].map(([, key]) => key.replace('Escape', 'Esc'))
  t.same(new Set(does), new Set(told.flat().filter((key) => !/[↑↓]/.test(key))))
})
