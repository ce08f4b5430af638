/** How the inspector's page writes what it is told: numbers, bytes, and what peers would not want to be seen. */

import t from 'tap'
import { age, bytes, clockTime, count, ms, rate } from '../../adapters/inspector/format.ts'
import { spaced, textOf } from '../../adapters/inspector/payload.ts'
import { plainJson, visible } from '../../adapters/inspector/visible.ts'

const TEXTS: [what: string, text: string, shown: string][] = [
  ['letters of any script', 'Grüße, 你好, שלום 👋', 'Grüße, 你好, שלום 👋'],
  ['markup', '<b onclick="x">&amp;', '<b onclick="x">&amp;'],
  ['control characters', 'a\u0000b\u0007c\nd\u001b[31m\u007f\u0085', 'a\\u{0}b\\u{7}c\\u{a}d\\u{1b}[31m\\u{7f}\\u{85}'],
  ['what turns text around', 'exe.\u202egpj\u2066\u200f', 'exe.\\u{202e}gpj\\u{2066}\\u{200f}'],
  ['what is invisible', 'a\u200bb\u00adc\ufeff\u{e0041}', 'a\\u{200b}b\\u{ad}c\\u{feff}\\u{e0041}'],
  [
    'letters that look like nothing',
    'a\u3164b\u115f\u034f\u2800\ufe0f',
    'a\\u{3164}b\\u{115f}\\u{34f}\\u{2800}\\u{fe0f}',
  ],
  ['lines of JSON that are none', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
  ['half a character', 'a\ud83d', 'a\\u{d83d}'],
]

for (const [what, text, shown] of TEXTS) {
  t.test(what, async (t) => {
    t.equal(visible(text), shown)
    t.match(plainJson({ text }), /^[ -~]*$/, 'a terminal shows the export as it is')
    t.same(JSON.parse(plainJson({ text })), { text })
  })
}

const FIGURES: [shown: string, expected: string][] = [
  [count(1_234), '1,234'],
  [count(1_234_567), '1.23M'],
  [rate(0), '0'],
  [rate(0.25), '0.3'],
  [rate(1_234.5), '1,235'],
  [bytes(0), '0 B'],
  [bytes(1_023), '1,023 B'],
  [bytes(1_536), '1.5 KiB'],
  [bytes(1_048_576), '1 MiB'],
  [bytes(5e15), '4,547 TiB'],
  [ms(null), '–'],
  [ms(0.42), '0.4 ms'],
  [ms(1_500), '1,500 ms'],
  [ms(61_000), '1 min 1 s'],
  [age(-5), '0 s'],
  [age(59_999), '59 s'],
  [age(3_600_000), '1 h'],
  [age(90_061_000), '1 d 1 h'],
]

t.test('figures', async (t) => {
  for (const [shown, expected] of FIGURES) t.equal(shown, expected)
  t.match(clockTime(0, true), /^\d\d:\d\d:00\.000$/)
})

t.test('the start of a payload', async (t) => {
  t.equal(spaced('68656c'), '68 65 6c')
  t.equal(textOf(Buffer.from('grü').toString('hex'), true), 'grü')
  t.equal(textOf(Buffer.from('grü').subarray(0, 3).toString('hex'), false), 'gr', 'a character that is cut is left out')
  t.equal(textOf(Buffer.from('next').toString('hex'), true), 'next', 'and not put in front of the next')
  t.equal(textOf('ff41', true), '\ufffdA')
})
