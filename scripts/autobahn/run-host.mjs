// The suite against one of our hosts: its cases in parts, each with a server and a wstest of its own.

import { end, start } from '../children.mjs'
import { split } from './cases.mjs'
import { REPORTS, ROOT } from './folders.mjs'
import { runCases } from './wstest.mjs'

/** 16 MiB is the suite's largest message; 9.3.1 and 9.4.1 cut 4 MiB into pieces of 64 bytes. */
const LIMITS = ['--max-message', String(16 << 20), '--max-fragments', String(1 << 17)]
const START_MS = 20_000
const PROGRESS_EVERY = 50
/** Turns upgrades into streams: the suite speaks HTTP/1.1 alone. */
const BRIDGE = `${ROOT}dist/test/support/http2-bridge.js`

export async function runHost(wstest, { host, cases, label, flags, jobs }) {
  let begun = 0
  const onCase = () => {
    begun++
    if (begun % PROGRESS_EVERY === 0 || begun === cases.length) console.log(`${label}: ${begun} of ${cases.length}`)
  }
  const parts = split(cases, jobs).map((ids, index) => ({ ids, name: `${label}-${index + 1}` }))
  const results = await Promise.all(parts.map((part) => runPart(wstest, part, [host, ...flags], onCase)))
  return Object.assign({}, ...results)
}

async function runPart(wstest, { ids, name }, [host, ...flags], onCase) {
  const server = start(
    process.execPath,
    ['dist/bench/echo-server.js', '--server', host, '--port', '0', ...LIMITS, ...flags],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let bridge
  try {
    let port = await portOf(server)
    if (host.endsWith('-http2')) {
      const { bridgeTo } = await import(BRIDGE)
      bridge = await bridgeTo(Number(port))
      port = bridge.address().port
    }
    const url = `ws://127.0.0.1:${port}`
    return await runCases(wstest, { agent: name, url, cases: ids, folder: REPORTS + name }, onCase)
  } finally {
    bridge?.close()
    await end(server)
  }
}

/** The server listens on a port that the system has chosen, and says which. */
function portOf(server) {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error('the echo server does not listen')), START_MS)
    const fail = (error) => {
      clearTimeout(timer)
      reject(error)
    }
    server.once('exit', (code) => fail(new Error(`the echo server ended with ${code}`)))
    server.once('error', fail)
    server.stdout.on('data', (text) => {
      output += text
      const port = output.match(/^listening (\d+)/m)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(port)
    })
  })
}
