// Honest clients that come and go, hostile ones among them, and what becomes of the server meanwhile.
import { setTimeout as delay } from 'node:timers/promises'
import { frame, TEXT } from '../raw/frame.mjs'
import { Peer } from '../raw/peer.mjs'
import { Part, startServer } from './part.mjs'
import { slopePerHour } from './slope.mjs'
import { describeRun, verdicts } from './verdicts.mjs'

const SAMPLE_MS = 10_000
/** Of the time, until every path has been compiled and every cache is full. */
const WARM_UP = 0.25
/** How long the server has to forget the last client. */
const SETTLE_MS = 60_000
const MB = 1_048_576

export async function soak({ server: name, minutes, connections }) {
  const { server, port } = await startServer(name, ['--compression'])
  const honest = new Part(['scripts/soak/honest-load.mjs'])
  const hostile = new Part(['scripts/soak/hostile-load.mjs'])
  const before = await baseline(server, port)
  const slots = Array(Math.max(1, Math.round(connections / 100))).fill(null) // each makes all attacks
  console.log(`${name}: ${connections} honest clients, ${slots.length} hostile, ${minutes} min`)
  honest.tell({ settings: { port, connections, everyMs: 2_000, lifetimeMs: 45_000 } })
  hostile.tell({ settings: { port, slots, turnMs: 5_000 } })
  const samples = await watch(server, honest, minutes * 60)
  const [attacks, end] = await Promise.all([hostile.ask({ ask: 'end' }), honest.ask({ ask: 'end' })])
  const after = await settled(server, before)
  const warm = samples.filter(([at]) => at >= minutes * 60 * WARM_UP)
  const [heapSlope, rssSlope] = [1, 2].map((index) =>
    slopePerHour(warm.map((sample) => [sample[0], sample[index], sample[3]])),
  )
  const run = { before, after, attacks, end, heapSlope, rssSlope, minutes }
  console.log(`\n${describeRun(run)}`)
  return verdicts(run)
}

/** After a first client: what is made once and kept is no leak. */
async function baseline(server, port) {
  const peer = new Peer(port)
  await peer.opened
  peer.write(frame(TEXT, 'first'))
  await new Promise((resolve) => {
    peer.onFrame = resolve
  })
  peer.reset()
  return settled(server)
}

/** Asks until nobody is left and no more is open than `before`, or patience ends. */
async function settled(server, before) {
  const end = performance.now() + SETTLE_MS
  for (;;) {
    const figures = await server.ask({ isExact: true })
    const isSettled = figures.connections + figures.sockets === 0 && !isMore(figures, before)
    if (isSettled || performance.now() > end) return figures
    await delay(500)
  }
}

function isMore(figures, before) {
  return before !== undefined && ['descriptors', 'timers', 'handles'].some((name) => figures[name] > before[name])
}

/** Returns `[seconds, heap, resident, connections]` of each sample, in MB. */
async function watch(server, honest, seconds) {
  const begin = performance.now()
  const samples = []
  for (let at = 0; at < seconds; ) {
    await delay(Math.min(SAMPLE_MS, seconds * 1_000 - (performance.now() - begin)))
    const [figures, talk] = await Promise.all([server.ask({ isExact: true }), honest.ask({ ask: 'interval' })])
    at = (performance.now() - begin) / 1_000
    samples.push([at, figures.heapUsed / MB, figures.rss / MB, figures.connections])
    console.log(progress(at, figures, talk))
  }
  return samples
}

function progress(at, { connections, heapUsed, rss, descriptors, errors }, { totals, times, faults }) {
  const { p50, p99, max } = times
  const trips = [p50, p99, max].map((ms) => ms.toFixed(ms < 10 ? 1 : 0)).join('/')
  const memory = `heap ${(heapUsed / MB).toFixed(2)} MB, rss ${(rss / MB).toFixed(0)} MB`
  const talked = `${totals.messages} echoes, ${trips} ms (p50/p99/max)`
  return `${at.toFixed(0).padStart(5)} s: ${connections} open, ${talked}, ${memory}, ${descriptors} fds, ${faults.length + errors.length} faults`
}
