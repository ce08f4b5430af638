/** docs/limits.md has every limit, with the number that is in force. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { DEFAULTS } from '../src/defaults.ts'
import { LIMITS } from '../src/limits.ts'
import { ROOT } from './support/root.ts'

const text = readFileSync(`${ROOT}docs/limits.md`, 'utf8')
const rows = new Map(
  [...text.matchAll(/^\| `([\w.]+)` +\| ([^|]+?) *\|/gm)].map(([, name, value]) => [name, value] as const),
)

t.test('every option with a number', async (t) => {
  const numbers = {
    ...DEFAULTS,
    'drain.spreadMs': DEFAULTS.drain.spreadMs,
    'drain.deadlineMs': DEFAULTS.drain.deadlineMs,
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value !== 'number') continue
    const expected = value === Infinity ? 'unlimited' : value.toLocaleString('en-US')
    if (name === 'maxTotalBytes') t.match(rows.get(name), /^268,435,456, or a quarter of V8's heap limit/)
    else t.equal(rows.get(name)?.replace(' (_app_)', ''), expected, name)
  }
})

t.test('every limit that is counted', async (t) => {
  for (const name of LIMITS) t.ok(rows.has(name) || text.includes(`limitsHit.${name}`), name)
})
