// One workload: all contenders in turn, round after round, so that whatever else the machine does meets all of them.
import { ClientProcess } from './client-process.mjs'
import { takePart } from './take-part.mjs'

const WARM_UP_SECONDS = 0.5

/** Fulfils with the figures of each round by contender, and with what went wrong. */
export async function measure(workload, contenders, { rounds, seconds, node }, progress) {
  const client = new ClientProcess()
  const faults = []
  const parts = []
  for (const contender of contenders) {
    try {
      parts.push({ ...(await takePart(contender, workload, client, { node })), rounds: [] })
    } catch (error) {
      faults.push(`${contender.id}: ${error.message}`)
    }
  }
  for (let round = 0; round <= rounds; round++) {
    for (const part of parts) {
      progress(`round ${round} of ${rounds}, ${part.id}`)
      try {
        const figures = await measureOnce(part, client, round === 0 ? WARM_UP_SECONDS : seconds)
        if (round > 0) part.rounds.push(figures)
      } catch (error) {
        faults.push(`${part.id}: ${error.message}`)
        parts.splice(parts.indexOf(part), 1)
      }
    }
  }
  for (const { process } of parts) await process.end()
  await client.end()
  return { results: Object.fromEntries(parts.map((part) => [part.id, part.rounds])), faults }
}

/** Microseconds of processor time per message, messages per second, milliseconds, and bytes. */
async function measureOnce({ id, process }, client, seconds) {
  const before = await process.ask('begin')
  const { messages, seconds: elapsed, p50, p99 } = await client.ask('run', id, { seconds })
  const after = await process.ask('end')
  return {
    cpu: (after.cpu - before.cpu) / messages,
    perSecond: messages / elapsed,
    p50,
    p99,
    delayP99: after.delayP99,
    delayMax: after.delayMax,
    rss: after.rss,
  }
}
