// The command line of `npm run bench`.
import { parseArgs } from 'node:util'
import { CONTENDERS } from './contenders.mjs'
import { WORKLOADS } from './workloads.mjs'

const USAGE = `npm run bench -- [options]
  --only WORKLOAD,...   some of the workloads; each takes up to a minute, idle connections some more
  --servers NAME,...    some of the contenders
  --rounds N            how often each is measured, in turn with the others; default: 5
  --seconds S           how long each time; default: 0.5
  --node PATH           the Node that the servers run in; default: this one
  --flags=FLAGS         for the servers' Node, as '--flags=--cpu-prof --cpu-prof-dir=/tmp/profiles'
  --no-install          only with what is in node_modules: ws without bufferutil, and no other peer
  --json FILE           what was found, with every round
  --write               the same into docs/bench, and from all that is there docs/performance.md with its charts
  --list                which workloads and contenders there are
  --help`

/** @throws TypeError for what it does not know */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: 'string' },
      servers: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '0.5' },
      node: { type: 'string', default: process.execPath },
      flags: { type: 'string', default: '' },
      'no-install': { type: 'boolean', default: false },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const rounds = positive('rounds', values.rounds)
  if (!Number.isInteger(rounds)) throw new TypeError(`--rounds takes a whole number; got ${rounds}\n${USAGE}`)
  if (values.write && values.servers !== undefined) throw new TypeError(`--write is for all servers\n${USAGE}`)
  if (values.write && values.flags !== '') throw new TypeError(`--write is without flags\n${USAGE}`)
  return {
    text: values.help ? USAGE : values.list ? list() : undefined,
    workloads: chosen('workload', WORKLOADS, values.only),
    contenders: chosen('server', CONTENDERS, values.servers),
    rounds,
    seconds: positive('seconds', values.seconds),
    node: values.node,
    flags: values.flags.split(' ').filter((flag) => flag !== ''),
    mayInstall: !values['no-install'],
    json: values.json,
    isWritten: values.write,
    isWhole: values.only === undefined,
  }
}

function chosen(what, all, names) {
  if (names === undefined) return all
  return names.split(',').map((name) => {
    const found = all.find(({ id }) => id === name)
    if (found === undefined) throw new TypeError(`there is no ${what} ${name}\n\n${list()}`)
    return found
  })
}

function list() {
  const lines = (all) => all.map(({ id, name }) => `  ${id.padEnd(22)}${name}`).join('\n')
  return `workloads:\n${lines(WORKLOADS)}\n\nservers:\n${lines(CONTENDERS)}`
}

function positive(name, value) {
  const number = Number(value)
  if (!(number > 0)) throw new TypeError(`--${name} takes a number; got ${value}\n${USAGE}`)
  return number
}
