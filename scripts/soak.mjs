// Under load and under attack for as long as you like: nobody is dropped, nothing grows, nothing is left.
import { program } from './children.mjs'
import { fairness } from './soak/fairness.mjs'
import { neverRead } from './soak/never-read.mjs'
import { readOptions } from './soak/options.mjs'
import { soak } from './soak/soak.mjs'

const MODES = { soak, fairness, 'never-read': neverRead }

await program(async () => {
  const options = readOptions(process.argv.slice(2))
  if (options.help) console.log(options.help)
  else judge(await MODES[options.mode](options))
})

/** Each check is what should be, whether it is, and what was found. */
function judge(checks) {
  console.log()
  for (const { rule, isRight, found } of checks) console.log(`${isRight ? 'ok' : 'not ok'} - ${rule}: ${found}`)
  const failed = checks.filter(({ isRight }) => !isRight).length
  console.log(`\n${checks.length - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}
