import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { OnLine } from './broker-contract.ts'

/** Longer than any connection takes to come about on a busy machine. */
const REPLY_TIMEOUT_MS = 60_000
/** A driver looks five times in its time, and the first look may come upon what came before. */
const LOOKS = 6 / 5

/** How a driver looks whether its broker still answers: adapters/broker-answers.ts. From now on it looks only in a `silence`. */
export function holdTime(): Pick<OnLine, 'silence' | 'end'> & { readonly replyTimeoutMs: number } {
  mock.timers.enable({ apis: ['setInterval'] })
  return {
    replyTimeoutMs: REPLY_TIMEOUT_MS,
    async silence() {
      await turn() // what has been asked is on its way
      mock.timers.tick(REPLY_TIMEOUT_MS * LOOKS)
    },
    end: () => mock.timers.reset(),
  }
}
