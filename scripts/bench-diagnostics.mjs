// What it costs an open connection that it can be observed: CPU per message, in memory, this build beside another one's, taking turns.
// `node scripts/bench-diagnostics.mjs OTHER/dist`, say a copy of the commit before. The same build copied gives the noise.
// With `--frames` somebody looks at this build's frames, and with `--scrape` asks for its metrics in each round.
// What is loaded first has other memory, and that alone is worth some percent: each of several processes begins with the other one.
import { spawnSync } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { median } from './bench/statistics.mjs'
import { aligned } from './bench/table.mjs'
import { BINARY, frame } from './raw/frame.mjs'

const PROCESSES = Number(process.env.PROCESSES ?? 10)
const ROUNDS = 25
const PAYLOAD = Buffer.alloc(64, 1)
const MESSAGES = 40_000

const flags = process.argv.filter((one) => one.startsWith('--'))
const [other] = process.argv.slice(2).filter((one) => !one.startsWith('--'))
if (other === undefined) throw new Error('usage: node scripts/bench-diagnostics.mjs OTHER/dist [--frames] [--scrape]')
const [OURS, THEIRS] = [0, 1]
/** Which build has which place in this process. */
const PLACES = flags.includes('--swap') ? [THEIRS, OURS] : [OURS, THEIRS]

/** A build, with an app of its own. */
async function load(dist) {
  const [hub, wire] = await Promise.all(['hub', 'wire'].map((name) => import(new URL(`src/${name}.js`, dist))))
  return { hub: new hub.Hub({ pingIntervalMs: 'unlimited' }), Wire: wire.Wire }
}

/** Takes everything at once, and nobody reads it. */
class Sink extends Duplex {
  _read() {}
  _write(_chunk, _encoding, done) {
    done()
  }
  _writev(_chunks, done) {
    done()
  }
}

function open({ hub, Wire }, handler) {
  const wire = new Wire(new Sink(), hub.settings, hub, { protocol: '' })
  wire.open(Buffer.alloc(0), handler)
  return wire
}

const echo = (socket) => {
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary })
  })
}

/** `[what, how one build runs MESSAGES of them]` */
const cases = [echoing(1), echoing(16), publishing(1_000)]

function echoing(perChunk) {
  const chunk = Buffer.concat(Array.from({ length: perChunk }, () => frame(BINARY, PAYLOAD)))
  const prepare = (build) => {
    const wire = open(build, echo)
    return async () => {
      for (let at = 0; at < MESSAGES; ) {
        for (const end = at + 400; at < end; at += perChunk) wire.intake.receive(Buffer.from(chunk))
        await turn()
      }
    }
  }
  return [`echo, ${perChunk} in a chunk`, prepare]
}

function publishing(connections) {
  const prepare = (build) => {
    const wires = Array.from({ length: connections }, () => open(build, echo))
    return async () => {
      for (let at = 0; at < MESSAGES; at += connections) {
        for (const { connection } of wires) connection.send(PAYLOAD)
        await turn()
      }
    }
  }
  return [`send to ${connections}, one each a turn`, prepare]
}

/** In nanoseconds a message: of the CPU, since others are on the machine as well. */
async function timed(run) {
  const begin = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(begin)
  return ((user + system) * 1_000) / MESSAGES
}

/** Of one process: each case's figures, ours and theirs. */
async function measure() {
  const folders = [new URL('../dist/', import.meta.url), pathToFileURL(`${other}/`)]
  const builds = []
  for (const which of PLACES) builds[which] = await load(folders[which])
  if (flags.includes('--frames')) subscribe('sockroute:frame', () => {})
  const results = []
  for (const [, prepare] of cases) {
    const runs = []
    for (const which of PLACES) runs[which] = prepare(builds[which])
    for (let warm = 0; warm < 3; warm++) for (const which of PLACES) await timed(runs[which])
    const rounds = []
    for (let at = 0; at < ROUNDS; at++) {
      const figures = []
      for (const which of at % 2 === 0 ? PLACES : PLACES.toReversed()) {
        if (which === OURS && flags.includes('--scrape')) builds[OURS].hub.metrics()
        figures[which] = await timed(runs[which])
      }
      rounds.push(figures)
    }
    results.push([OURS, THEIRS].map((which) => Math.min(...rounds.map((round) => round[which])))) // others only add
  }
  return results
}

function inProcess(at) {
  const swap = at % 2 === 0 ? [] : ['--swap']
  const { stdout, status } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), other, ...flags, ...swap, '--child'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  if (status !== 0) throw new Error(`a process ended with ${status}`)
  return JSON.parse(stdout)
}

if (flags.includes('--child')) {
  console.log(JSON.stringify(await measure()))
  process.exit()
}
const processes = Array.from({ length: PROCESSES }, (_, at) => inProcess(at))
const rows = cases.map(([what], at) => {
  const [our, their] = [OURS, THEIRS].map((which) => median(processes.map((one) => one[at][which])))
  const ratios = processes.map((one) => one[at][OURS] / one[at][THEIRS])
  const pairs = ratios.filter((_, i) => i % 2 === 1).map((ratio, i) => Math.sqrt(ratio * ratios[2 * i]))
  return [
    what,
    our.toFixed(0),
    their.toFixed(0),
    median(pairs).toFixed(3),
    `${Math.min(...pairs).toFixed(3)} to ${Math.max(...pairs).toFixed(3)}`,
  ]
})
console.log(aligned([['', 'ns', 'other', 'ratio', 'of pairs'], ...rows]))
