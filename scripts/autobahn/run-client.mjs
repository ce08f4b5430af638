// The suite against our client: its cases in parts, each with a fuzzing server and a client of its own.
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { end, start } from '../children.mjs'
import { split } from './cases.mjs'
import { CACHE, REPORTS, ROOT } from './folders.mjs'
import { readReport } from './wstest.mjs'

const PROGRESS_EVERY = 50
/** No case takes as long: something hangs. */
const STALLED_MS = 180_000

export async function runClient(wstest, { cases, label, flags, jobs }) {
  let begun = 0
  const onCase = () => {
    begun++
    if (begun % PROGRESS_EVERY === 0 || begun === cases.length) console.log(`${label}: ${begun} of ${cases.length}`)
  }
  const parts = split(cases, jobs).map((ids, index) => ({ ids, agent: `${label}-${index + 1}` }))
  const results = await Promise.all(parts.map((part) => runPart(wstest, part, flags, onCase)))
  return Object.assign({}, ...results)
}

async function runPart(wstest, { ids, agent }, flags, onCase) {
  const folder = REPORTS + agent
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const url = `ws://127.0.0.1:${await freePort()}`
  const server = startServer(wstest, { url, ids, folder, agent })
  let output = ''
  const isReady = new Promise((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`wstest ended with ${code}:\n${output.slice(-2000)}`)))
    server.stdout.on('data', (text) => {
      output += text
      for (const _ of text.matchAll(/^Running test case ID/gm)) onCase()
      if (output.includes('Cases = ')) resolve()
    })
    server.stderr.on('data', (text) => {
      output += text
    })
  })
  try {
    await isReady
    await runAgent(server, [`--url=${url}`, `--agent=${agent}`, ...flags])
    return readReport(folder, agent, output)
  } finally {
    await end(server)
  }
}

function startServer(wstest, { url, ids, folder, agent }) {
  const spec = `${CACHE}${agent}.json`
  writeFileSync(
    spec,
    JSON.stringify({ url, outdir: folder, cases: ids, 'exclude-cases': [], 'exclude-agent-cases': {} }),
  )
  const args = [...wstest.args, '--mode', 'fuzzingserver', '--webport', '0', '--spec', spec]
  return start(wstest.command, args, { cwd: CACHE, env: { ...wstest.env, PYTHONUNBUFFERED: '1' } })
}

/** Fulfils when the client has gone through all cases. It is ended when the server has nothing to tell of for too long. */
async function runAgent(server, args) {
  const client = start(process.execPath, ['scripts/autobahn/client-agent.mjs', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const timer = setTimeout(() => void end(client), STALLED_MS)
  server.stdout.on('data', () => timer.refresh())
  const [code] = await once(client, 'close').finally(() => clearTimeout(timer))
  if (code !== 0) throw new Error(`the client ended with ${code}`)
}

/** The suite takes no port of the system's choice. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
