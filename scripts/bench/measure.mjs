// One workload: all contenders in turn, round after round, so that whatever else the machine does meets all of them.
import { canDo } from './contenders.mjs'
import { measureIdle } from './measure-idle.mjs'
import { Pair } from './pair.mjs'

/** So many times as long as a round. With less, handshakes are not compiled yet, and cost us three times as much. */
const WARM_UP = 2.5

/** Fulfils with the figures of each round by contender, what each ran in, and what went wrong. */
export function measure(workload, all, options, progress) {
  const contenders = all.filter((contender) => canDo(contender, workload))
  return (workload.load === 'idle' ? measureIdle : measureInTurn)(workload, contenders, options, progress)
}

async function measureInTurn(workload, contenders, { rounds, seconds }, progress) {
  const { atLeastSeconds = 0, atMostRounds = Infinity, warmUp = WARM_UP } = workload
  const faults = []
  let parts = contenders.map((contender) => ({ contender, id: contender.id, rounds: [] }))
  /** A contender that has failed takes no further part. */
  const each = async (what, step) => {
    for (const part of parts) {
      progress(`${what}, ${part.id}`)
      try {
        await step(part)
      } catch (error) {
        faults.push(`${part.id}: ${error.message}`)
        parts = parts.filter((one) => one !== part)
        await part.pair?.end()
      }
    }
  }
  await each('warming up', async (part) => {
    part.pair = await Pair.start(part.contender, workload)
    await part.pair.open()
    await part.pair.measure(warmUp * seconds)
  })
  const count = Math.min(rounds, atMostRounds)
  for (let round = 1; round <= count; round++) {
    await each(`round ${round} of ${count}`, async ({ pair, rounds }) => {
      rounds.push(await pair.measure(Math.max(seconds, atLeastSeconds)))
    })
  }
  await Promise.all(parts.map(({ pair }) => pair.end()))
  return { results: Object.fromEntries(parts.map(({ id, rounds }) => [id, rounds])), faults }
}
