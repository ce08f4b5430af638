// Connections that do nothing: what each takes of memory, and what its heartbeat costs. Each round has fresh processes,
// as what the memory of one has been used for before cannot be undone.
import { setTimeout as delay } from 'node:timers/promises'
import { Pair } from './pair.mjs'

const AT_MOST_ROUNDS = 3
const SETTLE_MS = 1_000
/** A process has some descriptors open besides its connections. */
const OTHER_DESCRIPTORS = 200

export async function measureIdle(workload, contenders, { rounds }, progress) {
  const count = Math.min(rounds, AT_MOST_ROUNDS)
  const results = {}
  const faults = []
  for (let round = 1; round <= count; round++) {
    for (const contender of contenders) {
      progress(`round ${round} of ${count}, ${contender.id}`)
      try {
        const figures = await measureFresh(contender, workload)
        results[contender.id] = [...(results[contender.id] ?? []), figures]
      } catch (error) {
        faults.push(`${contender.id}: ${error.message}`)
        delete results[contender.id]
      }
    }
  }
  return { results, faults }
}

/** Spread over as few processes as the system lets have so many connections. */
async function measureFresh(contender, workload) {
  const pairs = []
  const counts = split(workload.connections, descriptorsAllowed() - OTHER_DESCRIPTORS)
  try {
    for (const connections of counts) pairs.push(await openIdle(contender, workload, connections))
    await delay(SETTLE_MS)
    const memory = await Promise.all(
      pairs.map(({ pair, rss }) => pair.server.ask('still').then((now) => now.rss - rss)),
    )
    const figures = { kibPerConnection: sum(memory) / workload.connections / 1_024, processes: counts.length }
    if (contender.lacks.includes('heartbeat')) return figures
    return { ...figures, cpu: await heartbeats(workload, pairs) }
  } finally {
    await Promise.all(pairs.map(({ pair }) => pair.end()))
  }
}

async function openIdle(contender, workload, connections) {
  const command = contender.server === 'bun' ? contender.command : [...contender.command, '--expose-gc']
  const pair = await Pair.start({ ...contender, command }, workload)
  try {
    const { rss } = await pair.server.ask('still')
    await pair.open(connections)
    return { pair, rss }
  } catch (error) {
    await pair.end()
    throw error
  }
}

/** Fulfils with the processor time that a ping and its pong take, one for each connection. @throws Error if half of them are not sent */
async function heartbeats({ connections, heartbeatMs }, pairs) {
  const seconds = heartbeatMs / 1_000
  const beats = await Promise.all(pairs.map(({ pair }) => heartbeat(pair, seconds)))
  const pings = sum(beats.map((beat) => beat.pings))
  if (pings < connections / 2) throw new Error(`${pings} pings in ${seconds} s`)
  return sum(beats.map((beat) => beat.cpu)) / pings
}

async function heartbeat(pair, seconds) {
  const before = await pair.server.ask('figures')
  const { pings } = await pair.client.ask('run', { seconds })
  const after = await pair.server.ask('figures')
  return { pings, cpu: after.cpu - before.cpu }
}

/** In parts that are as equal as can be. */
export function split(total, most) {
  const parts = Math.max(1, Math.ceil(total / most))
  return Array.from({ length: parts }, (_, at) => Math.floor((total + at) / parts))
}

/** Node has raised it as far as it may. */
function descriptorsAllowed() {
  const { hard = Infinity } = process.report.getReport().userLimits?.open_files ?? {}
  return hard === 'unlimited' ? Infinity : Number(hard)
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
