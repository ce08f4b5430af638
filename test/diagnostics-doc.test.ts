/** docs/diagnostics.md has every channel, with what it tells; and there is a channel for all that has a type. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { CHANNELS } from '../src/diagnostics.ts'
import { observe } from '../src/index.ts'
import { ROOT } from './support/root.ts'

const source = readFileSync(`${ROOT}src/diagnostics-events.ts`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
const text = readFileSync(`${ROOT}docs/diagnostics.md`, 'utf8')

/** The fields of an interface, those of what it extends first. */
function fieldsOf(name: string): string[] {
  const [, base, body] = source.match(new RegExp(`interface ${name}(?: extends (\\w+))? \\{([^}]*)\\}`)) ?? []
  if (body === undefined) throw new Error(`no interface ${name}`)
  return [...(base === undefined ? [] : fieldsOf(base)), ...[...body.matchAll(/readonly (\w+)/g)].map(([, one]) => one)]
}

const typed = new Map([...source.matchAll(/^ {2}'(sockroute:[\w:]+)': (\w+)$/gm)].map(([, name, type]) => [name, type]))
const rows = new Map(
  [...text.matchAll(/^\| `(sockroute:[\w:]+)` +\| ([^|]+?) *\|/gm)].map(([, name, fields]) => [
    name,
    [...fields.matchAll(/`(\w+)`/g)].map(([, one]) => one),
  ]),
)

t.test('each type has a channel, and each channel a row', async (t) => {
  t.ok(typed.size > 10)
  t.same(Object.keys(CHANNELS), [...typed.keys()])
  t.same([...rows.keys()], [...typed.keys()])
})

t.test('each row says what is told', async (t) => {
  for (const [name, type] of typed) t.same(rows.get(name), fieldsOf(type), name)
})

t.test('every reason for a refusal, and everybody who closes', async (t) => {
  for (const union of ['RefusalReason', 'ClosedBy']) {
    const [, body] = source.match(new RegExp(`type ${union} =([\\s\\S]*?)\\n\\n`)) ?? []
    const names = [...String(body).matchAll(/'(\w+)'/g)].map(([, one]) => one)
    t.ok(names.length > 4)
    for (const one of names) t.match(text, `\`${one}\``)
  }
})

t.test('observe() refuses what it does not know', async (t) => {
  t.throws(() => observe('sockroute:frames' as never, () => undefined), {
    name: 'TypeError',
    message: /no channel sockroute:frames; there are .*sockroute:frame,/,
  })
  t.throws(() => observe('sockroute:frame', undefined as never), { name: 'TypeError', message: /takes a function/ })
})
