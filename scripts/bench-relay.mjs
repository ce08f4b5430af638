// What a message costs that goes from one process to two others over a broker, and how long it takes: beside Socket.IO with its adapter for Redis, and
// crossws with its sync over Redis, which do the same. Redis and NATS have to be installed; they are started here, on loopback, and keep nothing.
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pinned } from './bench/pin.mjs'
import { placed } from './bench/placed.mjs'
import { progress, progressDone } from './bench/progress.mjs'
import { ServerProcess } from './bench/server-process.mjs'
import { medians } from './bench/statistics.mjs'
import { aligned } from './bench/table.mjs'
import { program, start } from './children.mjs'
import { Part } from './soak/part.mjs'

const BYTES = 128
/** One at a time, and as many as make everybody busy. */
const IN_FLIGHT = [1, 256]
const START_MS = 5_000
const TICKS_PER_SECOND = 100 // of /proc on Linux

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    processes: { type: 'string', default: '3' },
  },
})
const PROCESSES = Number(values.processes)

const OURS = ['sockroute', 'redis', 'ws']
const PEERS = { redis: '6.3.1' }
const CONTENDERS = [
  { id: 'sockroute-redis', name: 'sockroute, Redis', server: 'relay-sockroute', broker: 'redis', packages: OURS },
  { id: 'sockroute-nats', name: 'sockroute, NATS', server: 'relay-sockroute', broker: 'nats', packages: OURS },
  {
    id: 'socket-io',
    name: 'Socket.IO, Redis',
    server: 'relay-socket-io',
    broker: 'redis',
    apart: { 'socket.io': '4.8.4', '@socket.io/redis-adapter': '8.3.0', ...PEERS },
  },
  {
    id: 'crossws-sync',
    name: 'crossws, Redis',
    server: 'relay-crossws',
    broker: 'redis',
    apart: { crossws: '0.4.17', ...PEERS },
  },
]

const BROKERS = {
  redis: (port) => ['redis-server', '--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
  nats: (port) => ['nats-server', '--addr', '127.0.0.1', '--port', port],
}

const HEAD = ['', 'per s', 'p50 ms', 'p99 ms', 'publisher us', 'receiver us', 'broker us']

await program(async () => {
  const contenders = placed({ contenders: CONTENDERS, mayInstall: true, node: process.execPath })
  const brokers = {}
  for (const [name, command] of Object.entries(BROKERS)) brokers[name] = await startBroker(name, command)
  const found = new Map(contenders.map(({ id }) => [id, IN_FLIGHT.map(() => [])]))
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const contender of contenders) {
      progress(`round ${round}: ${contender.name}`)
      const results = await measure(contender, brokers[contender.broker])
      for (const [at, result] of results.entries()) found.get(contender.id)[at].push(result)
    }
  }
  progressDone()
  for (const [at, inFlight] of IN_FLIGHT.entries()) {
    console.log(`\n${BYTES} B from one process to ${PROCESSES - 1} others, ${inFlight} in flight\n`)
    console.log(tableOf(contenders, (id) => medians(found.get(id)[at])))
  }
  for (const line of comparisons(contenders, found)) console.log(line)
})

function tableOf(contenders, figuresOf) {
  const rows = contenders.map(({ id, name }) => {
    const { perSecond, p50, p99, publisher, receiver, broker } = figuresOf(id)
    const times = [p50, p99].map((ms) => ms.toFixed(2))
    const cpu = [publisher, receiver, broker].map((us) => us.toFixed(1))
    return [name, Math.round(perSecond).toLocaleString('en-US'), ...times, ...cpu]
  })
  return aligned([HEAD, ...rows])
}

/** By processor time of all three processes. */
function comparisons(contenders, found) {
  const cost = (id, at) => {
    const { publisher, receiver } = medians(found.get(id)[at])
    return publisher + (PROCESSES - 1) * receiver
  }
  const [ours, theirs] = [contenders.filter(({ apart }) => !apart), contenders.filter(({ apart }) => apart)]
  return IN_FLIGHT.flatMap((inFlight, at) =>
    ours.map(({ id, name }) => {
      const ratios = theirs.map((their) => `${(cost(id, at) / cost(their.id, at)).toFixed(2)} of ${their.name}`)
      return `\n${inFlight} in flight: ${name} costs ${ratios.join(', ')}`
    }),
  )
}

/** Fresh processes each time; the broker goes on. */
async function measure({ command, folder, server, broker }, { url, pid }) {
  const settings = { server, broker, url, packages: `${folder}package.json` }
  const servers = Array.from({ length: PROCESSES }, () => new ServerProcess(command, settings))
  const client = new Part(['bench/relay-client.mjs'], (line) => pinned(1, line))
  const ask = async (question) => {
    const { fault, ...answer } = await client.ask(question)
    if (fault !== undefined) throw new Error(fault)
    return answer
  }
  try {
    const ports = (await Promise.all(servers.map((one) => one.started()))).map(({ port }) => port)
    await ask({ ask: 'open', ports, bytes: BYTES, isSocketIo: server === 'relay-socket-io' })
    await ask({ ask: 'run', inFlight: 64, seconds: 0.5 }) // all is compiled
    const results = []
    for (const inFlight of IN_FLIGHT) {
      const before = await Promise.all(servers.map((one) => one.ask('begin')))
      const brokerBefore = cpuOf(pid)
      const { messages, seconds, p50, p99 } = await ask({ ask: 'run', inFlight, seconds: Number(values.seconds) })
      const brokerAfter = cpuOf(pid)
      const after = await Promise.all(servers.map((one) => one.ask('end')))
      const [publisher, ...receivers] = after.map(({ cpu }, at) => (cpu - before[at].cpu) / messages)
      const receiver = receivers.reduce((sum, one) => sum + one, 0) / receivers.length
      const broker = (brokerAfter - brokerBefore) / messages
      results.push({ perSecond: messages / seconds, p50, p99, publisher, receiver, broker })
    }
    return results
  } finally {
    await Promise.all([...servers, client].map((one) => one.end()))
  }
}

/** Microseconds of processor time, from /proc. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND
}

async function startBroker(name, commandOf) {
  const port = await sparePort()
  const [file, ...args] = commandOf(String(port))
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
  const child = start(file, args, { cwd: tmpdir(), env, stdio: 'ignore' })
  const failed = new Promise((_, reject) => {
    child.once('error', () => reject(new Error(`${file} is not installed`)))
  })
  await Promise.race([listens(port), failed])
  return { url: `${name}://127.0.0.1:${port}`, pid: child.pid }
}

function sparePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function listens(port) {
  const end = performance.now() + START_MS
  while (performance.now() < end) {
    const isThere = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isThere) return
    await sleep(50)
  }
  throw new Error(`nobody listens on port ${port}`)
}
