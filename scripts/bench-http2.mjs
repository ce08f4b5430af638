// What 1,000 WebSockets cost a server as streams of 10 sessions of HTTP/2, and what as 1,000 connections over HTTP/1.1, both with TLS:
// memory and CPU to open each, and CPU of an echo. The two take turns within one run, each time with a server of its own.
// `npm run build && node scripts/bench-http2.mjs`; ROUNDS=3 is quicker.
import { median, ratio } from './bench/statistics.mjs'
import { aligned, figure } from './bench/table.mjs'
import { program } from './children.mjs'
import { openHttp1, openHttp2 } from './http2/clients.mjs'
import { EchoLoad } from './http2/echo-load.mjs'
import { Server } from './http2/server-process.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 7)
const CONNECTIONS = 1_000
const SESSIONS = 10
const MESSAGES = 50_000
/** What is made once is not counted; memory that many have had before would not be, either. */
const WARM = 50
/** So many messages are under way at the same time. */
const UNDER_WAY = [CONNECTIONS, SESSIONS]

/** How each is opened. */
const WAYS = [
  (port, count = CONNECTIONS) => openHttp1(port, count),
  (port, count = CONNECTIONS) => openHttp2(port, SESSIONS, count / SESSIONS),
]

const ROWS = [
  ['KiB of memory (RSS) each', 'rss'],
  ['of these on the heap', 'heap'],
  ['us of CPU to open one', 'open'],
  ...UNDER_WAY.map((count) => [`us of CPU an echo, ${count} under way`, `echo${count}`]),
]

await program(async () => {
  const rounds = []
  for (let at = 0; at < ROUNDS; at++) {
    const figures = []
    for (const which of at % 2 === 0 ? [0, 1] : [1, 0]) figures[which] = await measure(WAYS[which])
    rounds.push(figures)
    console.error(`round ${at + 1} of ${ROUNDS}`)
  }
  const [http1, http2] = WAYS.map((_, which) => rounds.map((figures) => figures[which]))
  const rows = ROWS.map(([what, key]) => {
    const [one, two] = [http1, http2].map((figures) => figures.map((round) => round[key]))
    const ratios = two.map((value, round) => value / one[round])
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
    return [what, figure(median(one)), figure(median(two)), ratio(two, one).toFixed(2), spread]
  })
  console.log(aligned([['', 'HTTP/1.1', 'HTTP/2', 'ratio', 'in rounds'], ...rows]))
})

async function measure(open) {
  const server = new Server()
  try {
    const { port } = await server.started
    const warm = await open(port, WARM)
    await new EchoLoad(warm.sockets, WARM).run(MESSAGES / 5)
    await warm.close()
    const before = await server.ask('still')
    const { sockets, close } = await open(port)
    const after = await server.ask('still')
    const each = (key) => (after[key] - before[key]) / CONNECTIONS / 1024
    const memory = { rss: each('rss'), heap: each('heap') }
    const echoes = await measureEchoes(server, sockets)
    await close()
    const cpu = await cpuOf(server, () => open(port))
    return { ...memory, ...echoes, open: cpu / CONNECTIONS }
  } finally {
    await server.end()
  }
}

async function measureEchoes(server, sockets) {
  const found = {}
  for (const count of UNDER_WAY) {
    const load = new EchoLoad(sockets, count)
    await load.run(MESSAGES / 5)
    found[`echo${count}`] = (await cpuOf(server, () => load.run(MESSAGES))) / MESSAGES
  }
  return found
}

/** In microseconds, of the server. */
async function cpuOf(server, work) {
  const begin = await server.ask('figures')
  await work()
  const end = await server.ask('figures')
  return end.cpu - begin.cpu
}
