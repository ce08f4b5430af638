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
  let parts = []
  const failed = async (part, error) => {
    faults.push(`${part.id}: ${error.message}`)
    parts = parts.filter((one) => one !== part)
    await part.pair?.end()
  }
  for (const contender of contenders) {
    progress(`starting ${contender.id}`)
    const part = { id: contender.id, rounds: [] }
    try {
      part.pair = await Pair.start(contender, workload)
      await part.pair.open()
      await part.pair.measure(warmUp * seconds)
      parts.push(part)
    } catch (error) {
      await failed(part, error)
    }
  }
  const count = Math.min(rounds, atMostRounds)
  for (let round = 1; round <= count; round++) {
    for (const part of parts) {
      progress(`round ${round} of ${count}, ${part.id}`)
      try {
        part.rounds.push(await part.pair.measure(Math.max(seconds, atLeastSeconds)))
      } catch (error) {
        await failed(part, error)
      }
    }
  }
  await Promise.all(parts.map(({ pair }) => pair.end()))
  return { results: Object.fromEntries(parts.map(({ id, rounds }) => [id, rounds])), faults }
}
