// The command line of `npm run soak`.
import { parseArgs } from 'node:util'

const SERVERS = ['node', 'express4', 'express5', 'fastify', 'ws']
const USAGE = `npm run soak -- [options]
  --minutes N         how long; default: 30
  --server ${SERVERS.join('|')}   default: node
  --connections N     honest ones, at any time; a hundredth more are hostile; default: 2000
  --fairness          100 honest clients beside three hostile ones, and the same with ws
  --never-read        a client that sends for 5 s and never reads, and the same with ws`

/** @throws TypeError for what it does not know */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      minutes: { type: 'string', default: '30' },
      server: { type: 'string', default: 'node' },
      connections: { type: 'string', default: '2000' },
      fairness: { type: 'boolean' },
      'never-read': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (!SERVERS.includes(values.server)) throw new TypeError(`there is no server ${values.server}\n${USAGE}`)
  return {
    help: values.help ? USAGE : undefined,
    mode: values.fairness ? 'fairness' : values['never-read'] ? 'never-read' : 'soak',
    server: values.server,
    minutes: positive('minutes', values.minutes),
    connections: positive('connections', values.connections),
  }
}

function positive(name, value) {
  const number = Number(value)
  if (!(number > 0)) throw new TypeError(`--${name} takes a number; got ${value}\n${USAGE}`)
  return number
}
