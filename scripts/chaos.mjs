// Topics over processes while brokers, processes and networks fail, at length: test/topics/processes-*.test.ts.
import { parseArgs } from 'node:util'
import { node } from './node.mjs'
import { root } from './run.mjs'
import { failuresIn, skipsIn, totalsOf } from './tap-output.mjs'
import { sourcesIn } from './test-sources.mjs'

const BROKERS = 'redis-server,valkey-server,nats-server'
const USAGE = `npm run chaos -- [options]
  --seconds N      how long a crowd comes and goes; default: 30
  --rounds N       how often the broker is killed for 0.2, 3 and 9 s; default: 5
  --brokers NAMES  default: ${BROKERS}
  --seed N         of a run that is to be repeated; what happens at the same time may still differ
  --only NAMES     of: ${names().join(', ')}`

/** No file is waited for longer than this beyond the times that were asked for. */
const PATIENCE_MS = 600_000
const OUTAGES_MS = 30_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '5' },
    brokers: { type: 'string', default: BROKERS },
    seed: { type: 'string' },
    only: { type: 'string', default: names().join(',') },
    help: { type: 'boolean' },
  },
})

if (values.help) console.log(USAGE)
else await chaos()

async function chaos() {
  const env = {
    TAP_TIMEOUT: '0',
    SOCKROUTE_CHAOS_SECONDS: String(positive('seconds')),
    SOCKROUTE_CHAOS_ROUNDS: String(positive('rounds')),
    SOCKROUTE_CHAOS_BROKERS: oneOf('brokers', BROKERS.split(',')).join(),
    ...(values.seed === undefined ? {} : { SOCKROUTE_SEED: values.seed }),
  }
  const timeoutMs = PATIENCE_MS + values.seconds * 1_000 + values.rounds * OUTAGES_MS
  let [passed, failed] = [0, 0]
  for (const name of oneOf('only', names())) {
    const compiled = `${root}dist/test/topics/processes-${name}.test.js`
    const { fault, stdout, stderr } = await node(['--enable-source-maps', compiled], { env, timeoutMs })
    const { pass, fail } = totalsOf(stdout)
    passed += pass
    failed += fault === undefined ? fail : Math.max(1, fail)
    const comments = stdout.split('\n').filter((line) => /^ *# (?!Subtest|time|\{)/.test(line))
    const faults = fault === undefined ? [] : [fault, ...failuresIn(stdout), stderr]
    console.log([`== ${name}: ${pass} passed`, ...comments, ...skipsIn(stdout), ...faults].join('\n'))
  }
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

function names() {
  return sourcesIn('test/topics').flatMap((file) => /processes-(\w+)\.test\.ts$/.exec(file)?.[1] ?? [])
}

function positive(name) {
  const number = Number(values[name])
  if (number > 0) return number
  return misuse(`--${name} takes a number; got ${values[name]}`)
}

function oneOf(name, known) {
  const chosen = values[name].split(',')
  const wrong = chosen.find((one) => !known.includes(one))
  return wrong === undefined ? chosen : misuse(`--${name}: there is no ${wrong}`)
}

function misuse(message) {
  console.error(`${message}\n${USAGE}`)
  process.exit(1)
}
