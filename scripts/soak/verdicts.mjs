// What a soak has to show, and what it has shown.

/** Shorter runs say nothing of a slope. */
const SLOPE_FROM_MINUTES = 10
const MAX_SLOPE = 0.5

export function verdicts({ before, after, attacks, end, heapSlope, minutes }) {
  const { totals, faults } = end
  const shown = (list) => (list.length === 0 ? 'none' : list.slice(0, 5).join('; '))
  const checks = [
    [
      'honest clients are let in',
      totals.refused === 0 && totals.opened > 0,
      `${totals.opened}, refused ${totals.refused}`,
    ],
    ['no honest client is disconnected', totals.disconnects === 0, `${totals.disconnects}`],
    ['no message is missed', totals.missed === 0, `${totals.missed} of ${totals.messages}`],
    ['every echo is what was sent', totals.wrong === 0, `${totals.wrong} wrong; faults: ${shown(faults)}`],
    ['who breaks the protocol is ended', attacks.faults.length === 0, shown(attacks.faults)],
    ['no error is uncaught', after.errors.length === 0, shown(after.errors)],
    ['no connection is left', after.connections === 0, `${after.connections}`],
    ['no socket is left', after.sockets === 0, `${after.sockets}`],
    ...['descriptors', 'timers', 'handles', 'listeners'].map((name) => [
      `no more ${name} than before`,
      after[name] <= before[name],
      `${before[name]} before, ${after[name]} after`,
    ]),
  ]
  if (minutes >= SLOPE_FROM_MINUTES) {
    checks.push([`the heap grows by less than ${MAX_SLOPE} MB an hour`, heapSlope < MAX_SLOPE, heapSlope.toFixed(2)])
  }
  return checks.map(([rule, isRight, found]) => ({ rule, isRight, found }))
}

export function describeRun({ attacks, end, heapSlope, rssSlope, before, after }) {
  const { totals, times } = end
  const hit = Object.entries(after.limitsHit).filter(([, count]) => count > 0)
  return [
    `honest: ${totals.opened} opened, ${totals.messages} echoes, ${totals.pings} pings`,
    `round trips: p50 ${times.p50.toFixed(1)} ms, p99 ${times.p99.toFixed(1)} ms, longest ${times.max.toFixed(0)} ms`,
    `growth an hour: heap ${heapSlope.toFixed(2)} MB, resident ${rssSlope.toFixed(1)} MB`,
    `before and after: heap ${megabytes(before.heapUsed)} and ${megabytes(after.heapUsed)} MB, resident ${megabytes(before.rss)} and ${megabytes(after.rss)} MB`,
    `limits reached: ${hit.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'}`,
    'attacks:',
    ...Object.entries(attacks.made).map(([name, count]) => `  ${String(count).padStart(6)} ${name}`),
  ].join('\n')
}

function megabytes(bytes) {
  return (bytes / 1_048_576).toFixed(1)
}
