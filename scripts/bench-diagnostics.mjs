// What it costs an open connection that it can be observed, per message, in memory: this build beside another one's, taking turns.
// `node scripts/bench-diagnostics.mjs OTHER/dist` (say, of the commit before); without it, this build beside itself: the noise.
// With `--frames` somebody looks at this build's frames, and with `--scrape` asks for its metrics in each round.
import { subscribe } from 'node:diagnostics_channel'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { median } from './bench/statistics.mjs'
import { aligned } from './bench/table.mjs'
import { BINARY, frame } from './raw/frame.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 41)
const PAYLOAD = Buffer.alloc(64, 1)
const MESSAGES = 40_000

const flags = process.argv.filter((one) => one.startsWith('--'))
const [other = new URL('../dist', import.meta.url).pathname] = process.argv.slice(2).filter((one) => !one.startsWith('--'))
const ours = await load(new URL('../dist/', import.meta.url))
const theirs = await load(pathToFileURL(`${other}/`), '?other')

if (flags.includes('--frames')) subscribe('sockroute:frame', () => {})

/** A build, with an app of its own; `query` makes it another one than a build from the same place. */
async function load(dist, query = '') {
  const [hub, wire] = await Promise.all(['hub', 'wire'].map((name) => import(new URL(`src/${name}.js${query}`, dist))))
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

async function timed(run) {
  const begin = process.hrtime.bigint()
  await run()
  return Number(process.hrtime.bigint() - begin) / MESSAGES
}

const rows = []
for (const [what, prepare] of cases) {
  const runs = [prepare(ours), prepare(theirs)]
  for (const run of [...runs, ...runs, ...runs]) await timed(run)
  const rounds = []
  for (let at = 0; at < ROUNDS; at++) {
    const order = at % 2 === 0 ? [0, 1] : [1, 0]
    const figures = []
    for (const which of order) {
      if (which === 0 && flags.includes('--scrape')) ours.hub.metrics()
      figures[which] = await timed(runs[which])
    }
    rounds.push(figures)
  }
  const [our, their] = [0, 1].map((at) => median(rounds.map((round) => round[at])))
  const ratio = median(rounds.map(([one, two]) => one / two))
  rows.push([what, our.toFixed(0), their.toFixed(0), ratio.toFixed(3)])
}
console.log(aligned([['', 'ns', 'other', 'ratio'], ...rows]))
process.exit()
