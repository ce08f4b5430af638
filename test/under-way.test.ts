import t from 'tap'
import { UnderWay } from '../src/under-way.ts'

t.test('what was sent is under way as long as half a megabit a second takes for it', async (t) => {
  const rows: [rule: string, written: [at: number, bytes: number][], until: number][] = [
    ['nothing', [], 0],
    ['a megabyte', [[0, 1_000_000]], 15_625],
    [
      'one behind another',
      [
        [0, 1_000_000],
        [10_000, 1_000_000],
      ],
      31_250,
    ],
    [
      'one after another',
      [
        [0, 1_000_000],
        [20_000, 1_000_000],
      ],
      35_625,
    ],
    ['so much that it would be for ever', [[5_000, 1e12]], 125_000],
  ]
  for (const [rule, written, until] of rows) {
    const sent = { writtenBytes: 0 }
    const underWay = new UnderWay(sent, 120_000)
    for (const [at, bytes] of written) {
      sent.writtenBytes += bytes
      underWay.until(at)
    }
    t.equal(underWay.until(40_000), until, rule)
  }
})

t.test('an answer tells that everything before it has arrived', async (t) => {
  const sent = { writtenBytes: 6_400_000 }
  const underWay = new UnderWay(sent, 120_000)
  t.equal(underWay.until(0), 100_000)
  const { mark } = underWay
  sent.writtenBytes += 640_000
  underWay.arrived(mark, 1_000)
  t.equal(underWay.until(1_000), 11_000, 'and not what was sent behind it')
  underWay.arrived(underWay.mark, 50_000)
  t.equal(underWay.until(50_000), 11_000, 'a late one changes nothing')
})
