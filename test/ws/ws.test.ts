/** What programs do with `ws`, done with `ws` and with ours: they must see the same, but for what is on the list. */

import t from 'tap'
import { CLIENTS } from './clients.ts'
import { CLOSINGS } from './closings.ts'
import { DECISIONS } from './decisions.ts'
import { DIFFERENCES } from './differences.ts'
import { HANDSHAKES } from './handshakes.ts'
import { LIFECYCLES } from './lifecycles.ts'
import { MESSAGES } from './messages.ts'
import { OTHERWISE } from './otherwise.ts'
import { PARTICULARS } from './particulars.ts'
import { SOCKETS } from './sockets.ts'
import { OURS, play, WS } from './stage.ts'
import { STREAMS } from './streams.ts'

const SCENARIOS = {
  ...LIFECYCLES,
  ...HANDSHAKES,
  ...DECISIONS,
  ...MESSAGES,
  ...CLOSINGS,
  ...SOCKETS,
  ...OTHERWISE,
  ...PARTICULARS,
  ...STREAMS,
  ...CLIENTS,
}

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  t.test(name, async (t) => {
    const [theirs, ours] = [await play(WS, scenario), await play(OURS, scenario)]
    t.ok(theirs.length > 0, 'something is seen')
    const known = DIFFERENCES.find((difference) => difference.scenario === name)
    const differing = { theirs: without(theirs, ours), ours: without(ours, theirs) }
    if (known !== undefined) t.same(differing, { theirs: known.theirs, ours: known.ours })
    else t.same(ours, theirs)
  })
}

t.test('every difference is one of a scenario', async (t) => {
  t.same(
    DIFFERENCES.filter(({ scenario }) => !(scenario in SCENARIOS)),
    [],
  )
})

function without(lines: string[], others: string[]): string[] {
  return lines.filter((line) => !others.includes(line))
}
