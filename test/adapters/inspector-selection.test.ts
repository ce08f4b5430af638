/** The first of many, without keeping the many. */

import fc from 'fast-check'
import t from 'tap'
import type { Query, SortKey } from '../../adapters/inspector-messages.ts'
import type { Sample } from '../../adapters/inspector-sample.ts'
import { Selection } from '../../adapters/inspector-selection.ts'

const KEYS: readonly SortKey[] = ['id', 'rttMs', 'receivedPerSecond', 'backlogBytes']

const samples = fc
  .array(
    fc.record({
      rttMs: fc.nat(5),
      receivedPerSecond: fc.nat(3),
      backlogBytes: fc.nat(1_000),
      route: fc.constantFrom('/a', '/b'),
    }),
    { maxLength: 200 },
  )
  .map((all) => all.map((one, at) => ({ ...one, id: at + 1, text: one.route }) as unknown as Sample)) // as far as it is looked at

t.test('however many there are, the same as sorting all of them', async (t) => {
  fc.assert(
    fc.property(
      samples,
      fc.constantFrom(...KEYS),
      fc.boolean(),
      fc.integer({ min: 1, max: 20 }),
      (all, sort, isDescending, most) => {
        const query: Query = { text: '/a', route: null, sort, isDescending }
        const selection = new Selection(query, most)
        for (const sample of all) selection.add(sample)
        const found = all.filter(({ route }) => route === '/a')
        const sign = isDescending ? -1 : 1
        const sorted = found.toSorted((one, other) => sign * (one[sort] - other[sort]) || one.id - other.id)
        t.equal(selection.found, found.length)
        return JSON.stringify(selection.samples) === JSON.stringify(sorted.slice(0, most))
      },
    ),
  )
})
