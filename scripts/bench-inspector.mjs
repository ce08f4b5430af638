// What an open page of the inspector costs a busy server: how late its event loop is, with a page and without one, by turns.
//
//     npm run build && node scripts/bench-inspector.mjs [--chromium] [--rounds N] [--connections N] [--rate N]
//     node scripts/bench-inspector.mjs --memory
//     node scripts/bench-inspector.mjs --parts
//
// The server, what loads it and the page are a process each. The page has the busiest connections on top and the frames of one of
// them; with `--chromium` it is the real one, and its own long tasks are told as well. `--memory` tells what the headers of a
// browser's handshake take while no page is open; `--parts` how long the loop is held, whatever else runs on the machine.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect as dial } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from './bench/statistics.mjs'
import { aligned } from './bench/table.mjs'
import { frame, TEXT } from './raw/frame.mjs'
import { handshake } from './raw/peer.mjs'

const OWN = fileURLToPath(import.meta.url)
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const RESOLUTION_MS = 5
const STEP_MS = 25
const SETTLE_MS = 3_000
const MEASURE_MS = 15_000

const LONG_TASKS = `
  window.longTasks = []
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })`

/** As Chromium sends it, beside what every handshake has. */
const BROWSER = [
  'Pragma: no-cache',
  'Cache-Control: no-cache',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Origin: http://h',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en-US;q=0.9,en;q=0.8',
  'Cookie: session=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
]

const { values } = parseArgs({
  options: {
    as: { type: 'string' },
    port: { type: 'string' },
    memory: { type: 'boolean', default: false },
    parts: { type: 'boolean', default: false },
    forget: { type: 'boolean', default: false },
    chromium: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '5000' },
    rate: { type: 'string', default: '20000' },
  },
})
const [connections, rate, rounds] = [Number(values.connections), Number(values.rate), Number(values.rounds)]

if (values.as === 'server') await server()
else if (values.as === 'load') await load(Number(values.port))
else if (values.as === 'page') await page(Number(values.port))
else if (values.memory) await memory()
else if (values.parts) await parts()
else await bench()

/** Echoes, and tells how late its loop was since it was last asked. */
async function server() {
  const { createWebSockets } = await import('sockroute')
  const { inspector } = await import('sockroute/inspector')
  const ws = createWebSockets()
  const inspect = inspector(ws, { keepHandshakes: !values.forget })
  const server = createServer(inspect.page)
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/inspect') ws.upgrade(request, socket, head, inspect.socket)
    else
      ws.upgrade(request, socket, head, { route: '/echo' }, (connection) => {
        connection.on('message', (data, isBinary) => connection.send(data, { binary: isBinary }))
      })
  })
  await once(server.listen(0, '127.0.0.1', 1_024), 'listening')
  const late = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  late.enable()
  let [cpu, messages] = [process.cpuUsage(), 0]
  process.on('message', (what) => {
    const { user, system } = process.cpuUsage(cpu)
    const { messagesReceived } = ws.metrics()
    const of = (percent) => Math.max(0, late.percentile(percent) / 1e6 - RESOLUTION_MS)
    if (what === 'heap') {
      gc()
      process.send({ heap: process.memoryUsage().heapUsed, open: ws.connections.size })
    }
    if (what === 'tell') {
      const counted = { p50: of(50), p99: of(99), max: of(100), cpuMs: (user + system) / 1_000 }
      process.send({ ...counted, messages: messagesReceived - messages, rssMiB: process.memoryUsage.rss() / 1_048_576 })
    }
    cpu = process.cpuUsage()
    messages = messagesReceived
    late.reset()
  })
  process.send({ port: server.address().port })
}

/** All connections say something so often that it is `rate` messages a second. What comes back is thrown away. */
async function load(port) {
  const opening = handshake(...BROWSER)
  const sockets = []
  while (sockets.length < connections) {
    const some = Array.from({ length: Math.min(100, connections - sockets.length) }, () =>
      dial({ port, host: '127.0.0.1', noDelay: true }),
    )
    for (const socket of some) socket.write(opening)
    await Promise.all(some.map((socket) => once(socket, 'data')))
    for (const socket of some) socket.on('error', () => {}).resume()
    sockets.push(...some)
  }
  process.send('open')
  const bytes = frame(TEXT, 'x'.repeat(64))
  let [at, sent] = [0, 0]
  const begin = performance.now()
  setInterval(() => {
    for (const due = ((performance.now() - begin) / 1_000) * rate; sent < due; sent++) {
      sockets[at].write(bytes)
      at = (at + 1) % sockets.length
    }
  }, STEP_MS)
}

/** What a page asks for, and as it does: all rows there may be, and the frames of one connection. */
async function page(port) {
  const { connect } = await import('sockroute/client')
  const socket = await connect(`ws://127.0.0.1:${port}/inspect`)
  socket.send(JSON.stringify({ type: 'look', text: '', route: '/echo', sort: 'receivedPerSecond', isDescending: true }))
  let isPicked = false
  socket.on('message', (data) => {
    const told = JSON.parse(data.toString())
    if (told.type !== 'tick' || isPicked || told.rows.length === 0) return
    isPicked = true
    socket.send(JSON.stringify({ type: 'pick', id: told.rows[0].id }))
  })
}

async function bench() {
  const child = (as, port) => fork(OWN, [...process.argv.slice(2), '--as', as, '--port', String(port)])
  const serving = child('server', 0)
  const loading = []
  try {
    const [{ port }] = await once(serving, 'message')
    loading.push(child('load', port))
    await once(loading[0], 'message')
    const runs = { without: [], with: [] }
    for (let round = 0; round < rounds; round++) {
      runs.without.push(await measured(serving))
      const open = values.chromium ? await openChromium(port) : openClient(child('page', port))
      runs.with.push({ ...(await measured(serving)), ...(await open.close()) })
      console.log(
        `round ${round + 1} of ${rounds}: p99 ${runs.without[round].p99.toFixed(1)} ms without, ${runs.with[round].p99.toFixed(1)} ms with`,
      )
    }
    console.log(report(runs))
  } finally {
    for (const one of [...loading, serving]) one.kill('SIGKILL')
  }
}

/** The turns that looking at all connections takes, for one page with the busiest on top: how long each holds the event loop. */
async function parts() {
  const load = (file) => import(new URL(`../dist/${file}.js`, import.meta.url))
  const [{ Hub }, { Wire }, { Survey }, { Selection }] = await Promise.all(
    ['src/hub', 'src/wire', 'adapters/inspector-survey', 'adapters/inspector-selection'].map(load),
  )
  const hub = new Hub({ pingIntervalMs: 'unlimited' })
  const wires = Array.from(
    { length: connections },
    () => new Wire(new PassThrough(), hub.settings, hub, { protocol: '', route: '/echo' }),
  )
  const ids = new Map(
    wires.map(({ connection }, at) => [
      connection,
      { id: at + 1, address: '127.0.0.1', path: '/echo', isInspector: false },
    ]),
  )
  const survey = new Survey([...ids.keys()], (connection) => ids.get(connection))
  const query = { text: '', route: '/echo', sort: 'bytesPerSecond', isDescending: true }
  const heldMs = []
  let begun = 0
  const { setImmediate: immediate } = globalThis
  globalThis.setImmediate = (task) => {
    heldMs.push(performance.now() - begun)
    immediate(() => {
      begun = performance.now()
      task()
    })
  }
  for (let tick = 0; tick < 300; tick++) {
    await new Promise(immediate)
    if (tick === 100) heldMs.length = 0 // it is compiled now
    begun = performance.now()
    const selection = new Selection(query, 200)
    await survey.run([selection])
    JSON.stringify(selection.samples.map((sample) => sample.row(0)))
    heldMs.push(performance.now() - begun)
  }
  const sorted = heldMs.toSorted((one, other) => one - other)
  const [p50, p99] = [0.5, 0.99].map((part) => sorted[Math.floor(sorted.length * part)].toFixed(2))
  console.log(
    `${connections} connections: ${heldMs.length / 200} turns a second, each of ${p50} ms (p50), ${p99} ms (p99)`,
  )
}

/** Of two servers, one of which keeps what the other forgets. */
async function memory() {
  const heaps = []
  for (const flags of [['--forget'], []]) {
    const args = ['--as', 'server', ...flags, '--connections', values.connections]
    const serving = fork(OWN, args, { execArgv: ['--expose-gc'] })
    const [{ port }] = await once(serving, 'message')
    const loading = fork(OWN, [
      '--as',
      'load',
      '--rate',
      '0',
      '--port',
      String(port),
      '--connections',
      values.connections,
    ])
    await once(loading, 'message')
    serving.send('heap')
    const [{ heap, open }] = await once(serving, 'message')
    if (open !== connections) throw new Error(`${open} of ${connections} connections are open`)
    heaps.push(heap)
    for (const one of [loading, serving]) one.kill('SIGKILL')
  }
  const [without, kept] = heaps
  console.log(`${((kept - without) / connections).toFixed(0)} bytes of heap for each handshake that is kept`)
}

async function measured(serving) {
  await delay(SETTLE_MS)
  serving.send('begin')
  await delay(MEASURE_MS)
  serving.send('tell')
  const [told] = await once(serving, 'message')
  return { ...told, perSecond: told.messages / (MEASURE_MS / 1_000), cpu: told.cpuMs / (MEASURE_MS / 100) }
}

function openClient(page) {
  return {
    async close() {
      page.kill('SIGKILL')
      await once(page, 'exit')
      return {}
    },
  }
}

async function openChromium(port) {
  if (!existsSync(CHROMIUM)) throw new Error(`no Chromium at ${CHROMIUM}: set CHROMIUM`)
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  })
  const page = await browser.newPage()
  await page.addInitScript(LONG_TASKS)
  await page.goto(`http://127.0.0.1:${port}/inspect`)
  await page.locator('#route').selectOption('/echo')
  await page.locator('th[data-sort=receivedPerSecond] button').click()
  await page.locator('#connection-rows tr:not(.inspector)').first().click()
  return {
    async close() {
      const [frames, tasks] = [await page.locator('#frame-counts').textContent(), await page.evaluate('longTasks')]
      if (!/frames passed/.test(frames)) throw new Error('the page has seen no frames')
      await browser.close()
      return { longTasks: tasks.length, longestTask: Math.max(0, ...tasks) }
    },
  }
}

function report(runs) {
  const columns = {
    p50: 'loop late p50 ms',
    p99: 'p99 ms',
    max: 'longest ms',
    cpu: 'CPU %',
    perSecond: 'messages/s',
    rssMiB: 'RSS MiB',
    longTasks: 'tasks of the page over 50 ms',
    longestTask: 'longest of them ms',
  }
  const shown = Object.keys(columns).filter((name) => runs.with[0][name] !== undefined)
  const row = (what, all) => [
    what,
    ...shown.map((name) => (all[0][name] === undefined ? '-' : median(all.map((one) => one[name])).toFixed(1))),
  ]
  return aligned([
    ['', ...shown.map((name) => columns[name])],
    row('no page', runs.without),
    row('a page is open', runs.with),
  ])
}
