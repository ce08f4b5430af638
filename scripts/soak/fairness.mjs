// One floods with tiny frames, one sends bombs, one never reads: how long do 100 others wait? And with `ws`?
import { setTimeout as delay } from 'node:timers/promises'
import { Part, startServer } from './part.mjs'

const SECONDS = 20
const MAX_P99_MS = 250
const ATTACKERS = [
  ['a flood of 7-byte frames'],
  ['bombs of 100 MB', 'bombs as large as may be'],
  ['never reading the echo'],
]

export async function fairness({ server: name }) {
  const found = await measure(name)
  const others = await measure('ws')
  const { totals, times } = found
  const dropped = totals.disconnects + totals.refused + totals.missed + totals.wrong
  return [
    { rule: `p99 is under ${MAX_P99_MS} ms`, isRight: times.p99 < MAX_P99_MS, found: describeTimes(found) },
    { rule: 'none is closed, and nothing is missed', isRight: dropped === 0, found: `${dropped}` },
    { rule: 'for comparison: ws', isRight: true, found: describeTimes(others) },
  ]
}

async function measure(name) {
  const { server, port } = await startServer(name, ['--compression'])
  const honest = new Part(['scripts/soak/honest-load.mjs'])
  const hostile = new Part(['scripts/soak/hostile-load.mjs'])
  honest.tell({ settings: { port, connections: 100, everyMs: 100, bytes: 64 } })
  await delay(2_000) // all are there, and everything is compiled
  await honest.ask({ ask: 'interval' })
  hostile.tell({ settings: { port, slots: ATTACKERS, turnMs: SECONDS * 1_000 } })
  await delay(SECONDS * 1_000)
  const { times } = await honest.ask({ ask: 'interval' })
  await hostile.ask({ ask: 'end' })
  const { totals } = await honest.ask({ ask: 'end' })
  await Promise.all([server, honest, hostile].map((part) => part.end()))
  console.log(`${name}: ${describeTimes({ times, totals })}`)
  return { times, totals }
}

function describeTimes({ times: { count, p50, p99, max }, totals: { disconnects } }) {
  const rounded = [p50, p99, max].map((ms) => ms.toFixed(1))
  return `${count} echoes in ${SECONDS} s, p50 ${rounded[0]} ms, p99 ${rounded[1]} ms, longest ${rounded[2]} ms, ${disconnects} closed`
}
