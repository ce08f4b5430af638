import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { WebSocketServer } from 'ws'
import { ROOT } from './support/root.ts'

/** Scripts are not compiled, and so have no types. */
const script = (name: string) => import(`${ROOT}scripts/bench/${name}.mjs`)

const { median, medians, ratio } = await script('statistics')
const { aligned, detailTable, figure, ratioTo } = await script('table')
const { readOptions } = await script('options')
const { canDo, CONTENDERS } = await script('contenders')
const { split } = await script('measure-idle')
const { WORKLOADS } = await script('workloads')
const { chartOf } = await script('chart')
const { documentOf } = await script('document')
const { withWorkload } = await script('record')
const { isText, payloadOf } = await import(`${ROOT}bench/payload.mjs`)
const { EchoLoad } = await import(`${ROOT}bench/client/echo-load.mjs`)
const { ReplyCounter } = await import(`${ROOT}bench/client/reply-counter.mjs`)
const { Latencies } = await import(`${ROOT}bench/client/latencies.mjs`)

type Send = (data: Buffer | undefined, isBinary: boolean) => void

interface Load {
  run(seconds: number): Promise<object>
  close(): void
}

const RESULTS = {
  sockroute: [{ cpu: 2, p99: 1, perSecond: 123_456, delayP99: 0.5 }],
  ws: [{ cpu: 8, p99: 2, perSecond: 1_000, delayP99: 0.25 }],
}
const about = {
  node: '20.20.2',
  machine: '2 cores',
  isPinned: true,
  contenders: [
    { id: 'sockroute', name: 'sockroute', versions: ['sockroute 0.1.0'] },
    { id: 'ws', name: 'ws <&>', versions: ['ws 8.23.0'] },
    { id: 'net', name: 'bare', versions: [] },
  ],
}
const workload = { id: 'w', name: 'echo <64 B>', figure: 'cpu' }
const record = withWorkload({ about, workloads: {} }, workload, 0.5, RESULTS, '2026-01-02')

t.test('medians', async (t) => {
  t.equal(median([10, 9, 100]), 10, 'by size, not as text')
  t.equal(median([1, 4, 3, 2]), 2.5, 'between two')
  t.same(medians([{ a: 1, b: 9 }, { a: 3, b: 7 }, { a: 2, b: 8 }]), { a: 2, b: 8 }) // biome-ignore format: rounds
  t.equal(ratio([1, 20, 3], [2, 10, 6]), 0.5, 'within each round')
})

t.test('figures have three digits', async (t) => {
  const cases: [number | undefined, string][] = [
    [0.0312, '0.03'],
    [9.994, '9.99'],
    [9.996, '10.0'],
    [99.94, '99.9'],
    [1234.5, '1,235'],
    [3, '3'],
    [undefined, '-'],
  ]
  for (const [number, text] of cases) t.equal(figure(number), text)
})

t.test('a table', async (t) => {
  t.equal(aligned([['', 'b'], ['long', '1'], ['x', '100']]), '        b\nlong    1\nx     100') // biome-ignore format: rows
  t.equal(ratioTo(RESULTS, 'sockroute', 'ws', 'cpu'), '0.25')
  t.equal(ratioTo(RESULTS, 'sockroute', 'uws', 'cpu'), '-')
  const lines = detailTable(about.contenders, workload, RESULTS).split('\n')
  t.match(lines[0], /CPU us +\/ ws +\/ uWS +\/ Bun +p99 ms +per s +delay p99$/)
  t.match(lines[1], /^sockroute +2 +0\.25 +- +- +1 +123,456 +0\.50$/)
  t.equal(lines.length, 3, 'nobody who did not take part')
})

t.test('who can do what', async (t) => {
  const takers = (id: string): string[] => {
    const workload = WORKLOADS.find((one: { id: string }) => one.id === id)
    return CONTENDERS.filter((one: object) => canDo(one, workload)).map((one: { id: string }) => one.id)
  }
  t.same(takers('iterate'), ['sockroute', 'sockroute-own-reads', 'sockroute-listener', 'ws'])
  t.notOk(takers('echo-64').includes('sockroute-listener'))
  t.ok(takers('echo-64').includes('net'))
  t.notOk(takers('deflate-1k-json').includes('net'))
  for (const { id } of WORKLOADS) t.ok(takers(id).includes('sockroute') && takers(id).includes('ws'), id)
})

t.test('connections over processes', async (t) => {
  t.same(split(10_000, 19_800), [10_000])
  t.same(split(50_000, 19_800), [16_666, 16_667, 16_667])
  t.same(split(50_000, Infinity), [50_000])
})

t.test('payloads', async (t) => {
  for (const { payload } of WORKLOADS.filter((one: { payload?: object }) => one.payload !== undefined)) {
    const bytes: Buffer = payloadOf(payload)
    t.equal(bytes.length, payload.bytes)
    t.ok(bytes.equals(payloadOf(payload)), 'the same each time')
    if (isText(payload)) t.equal(Buffer.from(bytes.toString()).compare(bytes), 0, 'whole characters')
  }
  for (let bytes = 1; bytes < 100; bytes++) {
    const text: Buffer = payloadOf({ kind: 'multi-byte', bytes })
    t.ok(text.length === bytes && Buffer.from(text.toString()).equals(text), `${bytes} bytes`)
  }
})

t.test('latencies', async (t) => {
  const latencies = new Latencies()
  for (let ms = 100_000; ms > 0; ms--) latencies.add(ms)
  t.equal(latencies.count, 100_000)
  t.same(latencies.summary(), { p50: 50_001, p99: 99_001, max: 100_000 })
  t.same(new Latencies().summary(), { p50: 0, p99: 0, max: 0 })
})

t.test('replies are counted, and pings between them answered', async (t) => {
  const [reply, ping] = ['8203616263', '8902e4e5']
  const bytes = Buffer.from(`${reply}${reply}${ping}${reply}${ping}`, 'hex')
  for (let size = 1; size <= bytes.length; size++) {
    const pongs: Buffer[] = []
    const counter = new ReplyCounter({ bytes: 5, first: 0x82 }, (pong: Buffer) => pongs.push(pong))
    let count = 0
    for (let at = 0; at < bytes.length; at += size) {
      const part = bytes.subarray(at, at + size)
      count += counter.push(part.length, part)
    }
    t.equal(count, 3, `in parts of ${size}`)
    t.same(
      pongs.map((pong) => pong.toString('hex', 0, 2)),
      ['8a82', '8a82'],
    )
    t.notOk(counter.isWithin)
    counter.push(1, bytes)
    t.ok(counter.isWithin)
  }
  const compressed = Buffer.concat([
    Buffer.from('c1026162', 'hex'),
    Buffer.from('c17e0080', 'hex'),
    Buffer.alloc(128),
    Buffer.from('890178c10100c17f0000000000010000', 'hex'),
    Buffer.alloc(65_536),
  ])
  for (const size of [1, 3, 100, compressed.length]) {
    let pongs = 0
    const counter = new ReplyCounter({ first: 0xc1 }, () => pongs++)
    let count = 0
    for (let at = 0; at < compressed.length; at += size) {
      const part = compressed.subarray(at, at + size)
      count += counter.push(part.length, part)
    }
    t.same([count, pongs, counter.isWithin], [4, 1, false], `compressed ones, in parts of ${size}`)
  }
  const counter = new ReplyCounter({ bytes: 5, first: 0x82 }, () => {})
  t.throws(() => counter.push(1, Buffer.from([0x88])), { message: 'a frame came that begins with 136' })
})

/** In a process whose sockets cannot read into a buffer of one's own there is no client. */
const skip = process.env.SOCKROUTE_OWN_READS !== undefined

t.test('a server that does not echo is found out', { skip }, async (t) => {
  const cases: [what: string, message: RegExp, answer: (data: Buffer, count: number, send: Send) => void][] = [
    ['right', /^$/, (data, _, send) => send(data, true)],
    ['another byte', /another message/, (data, _, send) => send(Buffer.from(data).fill(0, 63), true)],
    ['text', /opcode 1/, (_data, _, send) => send(Buffer.alloc(64, 'x'), false)],
    [
      'one too many',
      /more came back/,
      (data, count, send) => {
        send(data, true)
        if (count === 9) send(data, true)
      },
    ],
    ['nobody', /the server ended/, (_data, _, send) => send(undefined, true)],
  ]
  for (const [what, message, answer] of cases) {
    const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    let count = 0
    wss.on('connection', (socket) => {
      socket.on('message', (data) => {
        answer(data as Buffer, ++count, (bytes, isBinary) =>
          bytes ? socket.send(bytes, { binary: isBinary }) : socket.terminate(),
        )
      })
    })
    await once(wss, 'listening')
    const target = { port: (wss.address() as AddressInfo).port }
    const load = EchoLoad.open(target, { connections: 1, inFlight: 4, payload: { kind: 'binary', bytes: 64 } })
    const found = await load
      .then((open: Load) => open.run(0.05).finally(() => open.close()))
      .catch((error: Error) => error)
    t.match(found instanceof Error ? found.message : '', message, what)
    for (const socket of wss.clients) socket.terminate()
    wss.close()
  }
})

t.test('the command line', async (t) => {
  const defaults = readOptions([])
  t.match(defaults, { rounds: 5, seconds: 0.5, node: process.execPath, mayInstall: true, isWhole: true })
  t.equal(defaults.workloads.length, WORKLOADS.length)
  t.match(readOptions(['--only', 'echo-64,tls-64', '--servers', 'ws']), {
    workloads: [{ id: 'echo-64' }, { id: 'tls-64' }],
    contenders: [{ id: 'ws' }],
    isWhole: false,
  })
  t.match(readOptions(['--list']).text, /^ {2}echo-64 .*^servers:.*^ {2}uws /ms)
  t.throws(() => readOptions(['--only', 'other']), { message: /no workload other\n.*echo-64/s })
  t.throws(() => readOptions(['--servers', 'other']), { message: /no server other/ })
  t.throws(() => readOptions(['--rounds', '1.5']), { message: /--rounds takes a whole number; got 1.5/ })
  t.throws(() => readOptions(['--seconds', '0']), { message: /--seconds takes a number; got 0/ })
  t.same(readOptions(['--flags=--cpu-prof --jitless']).flags, ['--cpu-prof', '--jitless'])
  t.throws(() => readOptions(['--write', '--flags=--jitless']), { message: /--write is without flags/ })
  t.throws(() => readOptions(['--write', '--servers', 'ws']), { message: /--write is for all servers/ })
})

t.test('a record', async (t) => {
  t.same(Object.keys(record.workloads), ['w'])
  const again = withWorkload(record, workload, 0.5, { ws: [{ cpu: 1 / 3 }] }, '2026-01-03')
  t.same(again.workloads.w.results, { ws: [{ cpu: 0.3333 }] }, 'in the place of the one before')
})

t.test('the chart', async (t) => {
  const svg: string = chartOf(record)
  t.match(svg, '>echo &lt;64 B&gt;</text>')
  t.equal(svg.match(/<rect[^>]*height="10"/g)?.length, 1, 'a bar for each that is shown, and was measured')
  t.match(svg, />0\.25<\/text>/)
  const others = { sockroute: RESULTS.sockroute }
  t.notMatch(chartOf(withWorkload(record, workload, 0.5, others, '')), /echo &lt;/, 'nothing without ws')
})

t.test('the document', async (t) => {
  const text: string = documentOf([record])
  t.match(text, '\n| echo <64 B> | 2 | 8 | - |\n', 'processor time')
  t.match(text, '\n| echo <64 B> | 0.25 | - |', 'ratios')
  t.match(text, '\n| echo <64 B> | 1 (0.50) | 2 (0.25) | - |\n', 'latency')
  t.match(text, '\n| echo <64 B> | 123,500 | 1,000 | - |\n', 'messages')
  t.match(text, '](bench/node-20.svg)')
  t.match(text, 'Node 20.20.2\n')
  t.match(text, '; 2026-01-02.\n')
})

t.test('a run, as short as can be', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sockroute-bench-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'found.json')
  const only = 'deflate-1k-json,fan-out-pipelined,tls-64,handshakes,flood'
  const args = ['--only', only, '--servers', 'sockroute,ws', '--rounds', '1', '--seconds', '0.02', '--no-install']
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/bench.mjs', ...args, '--json', file], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  t.equal(status, 0, stdout + stderr)
  const found = JSON.parse(readFileSync(file, 'utf8'))
  t.equal(found.about.node, process.versions.node)
  t.same(Object.keys(found.workloads), only.split(','))
  for (const [id, { results }] of Object.entries<{ results: Record<string, object[]> }>(found.workloads)) {
    t.same(Object.keys(results), ['sockroute', 'ws'], id)
    for (const [round, ...more] of Object.values(results)) {
      t.same(more, [])
      const names = ['cpu', 'perSecond', 'p50', 'p99', 'max', 'delayP99', 'delayMax', 'rss']
      t.same(Object.keys(round ?? {}), names)
      t.ok(Object.values(round ?? {}).every((number) => Number.isFinite(number) && number >= 0))
    }
  }
})
