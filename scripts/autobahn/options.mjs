// The command line of `npm run autobahn`.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

const HOSTS = ['node', 'express4', 'express5', 'fastify', 'node-http2', 'client']
const USAGE = `npm run autobahn -- [options]
  --server ${HOSTS.join('|')}|all   which host; node-http2 through a bridge, client is our client; default: all
  --cases 1-10,12.1,7.1.6          which cases; default: 1-10
  --all                            the whole suite, groups 12 and 13 too
  --jobs N                         how many servers and clients side by side; default: one per core, at most 2
  --compression, --context-takeover  passed on to the echo server, or the client
  --update-expectations            write what came out into test/autobahn-expectations.json
  --skip-without-wstest            succeed where there is no wstest, except in CI`

/** A case of each part, and the largest messages: groups 12 and 13 in whole take a quarter of an hour. */
const COMPRESSION_CASES =
  '12.1.4,12.1.10,12.2.4,12.3.4,12.4.4,12.5.4,13.1.4,13.1.10,13.2.4,13.3.4,13.4.4,13.5.4,13.6.4,13.7.4'
const COMPRESSION_RUNS = ['node', 'node-http2', 'client'].map((host) => ({
  host,
  cases: COMPRESSION_CASES,
  label: `${host}-compression`,
  flags: ['--compression'],
}))

/** The whole suite: its groups 1 to 10 offer no compression, so that they are plain all the same. */
const compressed = (host) => ({ host, cases: '1-13', label: host, flags: ['--compression'] })
const takeover = (host) => ({ host, cases: '12-13', label: `${host}-takeover`, flags: ['--context-takeover'] })

/** @throws TypeError for what it does not know */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      server: { type: 'string', default: 'all' },
      cases: { type: 'string' },
      all: { type: 'boolean' },
      jobs: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      compression: { type: 'boolean' },
      'context-takeover': { type: 'boolean' },
      'update-expectations': { type: 'boolean' },
      'skip-without-wstest': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  const jobs = Number(values.jobs)
  if (!Number.isInteger(jobs) || jobs < 1) throw new TypeError(`--jobs takes a whole number\n${USAGE}`)
  return {
    help: values.help ? USAGE : undefined,
    jobs,
    isUpdate: values['update-expectations'] ?? false,
    maySkip: (values['skip-without-wstest'] ?? false) && !process.env.CI,
    runs: runsOf(values),
  }
}

function runsOf(values) {
  const hosts = values.server === 'all' ? HOSTS : HOSTS.filter((host) => host === values.server)
  if (hosts.length === 0) throw new TypeError(`there is no server ${values.server}\n${USAGE}`)
  const flags = ['compression', 'context-takeover'].filter((name) => values[name]).map((name) => `--${name}`)
  if (values.all) return [...hosts.map(compressed), takeover('node'), takeover('client')]
  const runs = hosts.map((host) => ({ host, cases: values.cases ?? '1-10', label: host, flags }))
  const isDefault = values.server === 'all' && values.cases === undefined
  return isDefault ? [...runs, ...COMPRESSION_RUNS] : runs
}
