// One run of wstest, the fuzzing client.
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { end, start } from '../children.mjs'
import { readCaseList } from './cases.mjs'
import { CACHE } from './folders.mjs'

/** No case of the suite takes as long, not even with a slow server; so something hangs. */
const STALLED_MS = 180_000

/** All ids of the suite, from a run that finds no server: it prints them, fails to connect and ends. */
export async function listCases(wstest) {
  const output = await run(wstest, { name: 'list', url: 'ws://127.0.0.1:1', cases: ['*'] }, () => {})
  const ids = readCaseList(output)
  if (ids.length === 0) throw new Error(`wstest did not list its cases:\n${output}`)
  return ids
}

/**
 * Runs cases against a server, and returns `{ id: [behavior, behaviorClose] }`. `folder` is where wstest's own
 * report goes; `onCase` is called when a case begins.
 */
export async function runCases(wstest, { agent, url, cases, folder }, onCase) {
  const output = await run(wstest, { name: agent, url, cases, folder }, onCase)
  return readReport(folder, agent, output)
}

/** `{ id: [behavior, behaviorClose] }` of the one agent that is in the report. */
export function readReport(folder, agent, output) {
  try {
    const [results] = Object.values(JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')))
    return Object.fromEntries(Object.entries(results).map(([id, one]) => [id, [one.behavior, one.behaviorClose]]))
  } catch (error) {
    throw new Error(`wstest has left no report of ${agent} (${error.message}):\n${output.slice(-2000)}`)
  }
}

async function run(wstest, { name, url, cases, folder = `${CACHE}list` }, onCase) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const spec = `${CACHE}${name}.json`
  const servers = [{ agent: name, url }]
  writeFileSync(
    spec,
    JSON.stringify({ outdir: folder, servers, cases, 'exclude-cases': [], 'exclude-agent-cases': {} }),
  )
  const args = [...wstest.args, '--mode', 'fuzzingclient', '--spec', spec]
  return collect(start(wstest.command, args, { cwd: CACHE, env: { ...wstest.env, PYTHONUNBUFFERED: '1' } }), onCase)
}

/** All that it prints. Ends it when it stalls. */
async function collect(child, onCase) {
  let output = ''
  let stalled = false
  const timer = setTimeout(() => {
    stalled = true
    void end(child)
  }, STALLED_MS)
  child.stderr.on('data', (text) => {
    output += text
  })
  child.stdout.on('data', (text) => {
    output += text
    timer.refresh()
    for (const _ of text.matchAll(/^Running test case ID/gm)) onCase()
  })
  const [code] = await once(child, 'close').finally(() => clearTimeout(timer))
  if (stalled) throw new Error(`wstest made no progress for ${STALLED_MS / 1000} s:\n${output.slice(-500)}`)
  if (code !== 0) throw new Error(`wstest ended with ${code}:\n${output.slice(-2000)}`)
  return output
}
