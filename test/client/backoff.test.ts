import t from 'tap'
import { BACKOFF_DEFAULTS, backoffMs } from '../../src/client/backoff.ts'

type Row = [rule: string, code: number, attempt: number, random: number, expected: number]

const rows: Row[] = [
  ['the first wait is up to a second', 1006, 0, 0.999, 999],
  ['all of it is random', 1006, 0, 0, 0],
  ['half', 1006, 0, 0.5, 500],
  ['the second is up to two', 1006, 1, 0.999, 1_998],
  ['the fifth up to sixteen', 1006, 4, 0.5, 8_000],
  ['none is over the cap', 1006, 5, 0.5, 15_000],
  ['however many there were', 1006, 1_000_000, 0.5, 15_000],
  ['1001 is as any other', 1001, 1, 0.5, 1_000],
  ['1012 is soon, spread over its time', 1012, 0, 0.999, 4_995],
  ['for everybody', 1012, 0, 0, 0],
  ['1012 again and again is as any other', 1012, 4, 0.5, 8_000],
  ['1013 is later: half of the cap at least', 1013, 0, 0, 15_000],
  ['and all of it at most', 1013, 0, 0.999, 29_985],
  ['whatever came before', 1013, 9, 0.5, 22_500],
  ['1008 is as 1013', 1008, 0, 0, 15_000],
]

for (const [rule, code, attempt, random, expected] of rows) {
  t.test(`${code}, attempt ${attempt}, random ${random}: ${rule}`, async (t) => {
    t.equal(backoffMs(code, attempt, random, BACKOFF_DEFAULTS), expected)
  })
}

t.test('with times of one’s own', async (t) => {
  const settings = { baseMs: 10, capMs: 100, spreadMs: 1_000 }
  t.same(
    [
      backoffMs(1006, 1, 0.5, settings),
      backoffMs(1006, 9, 0.5, settings),
      backoffMs(1012, 0, 0.5, settings),
      backoffMs(1013, 0, 0.5, settings),
    ],
    [10, 50, 500, 75],
  )
})
