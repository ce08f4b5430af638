/** What the inspector's server tells a page, in memory and with a clock of the test's. */

import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { type InspectorOptions, inspector } from '../../adapters/inspector.ts'
import { Survey } from '../../adapters/inspector-survey.ts'
import { inject, TestClock, type TestSocket } from '../../adapters/testing.ts'
import { CHANNELS } from '../../src/diagnostics.ts'
import { type AppOptions, type Connection, createWebSockets, type WebSockets } from '../../src/index.ts'
import { InspectorClient } from '../support/inspector-client.ts'

interface Stage {
  readonly clock: TestClock
  readonly ws: WebSockets
  page(): Promise<InspectorClient>
  open(path?: string, options?: Parameters<typeof inject>[2]): Promise<TestSocket>
}

const echo = (socket: Connection): void => {
  socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }))
}

const HANDLERS: Record<string, (socket: Connection) => unknown> = {
  '/echo': echo,
  '/other': echo,
  '/topics': (socket) => {
    for (const topic of ['room:lobby', 'all']) void socket.subscribe(topic)
  },
  '/fails': () => {
    throw new Error('the database is away')
  },
  '/parses': (socket) => {
    socket.on('message', (data) => void JSON.parse(data.toString()))
  },
  '/long': echo,
  '/odd': () => {
    throw Object.create(null)
  },
}

/** An app whose routes are called by their paths, with the inspector on '/inspect'. */
function stage(t: Test, options: InspectorOptions = {}, appOptions: AppOptions = {}): Stage {
  const clock = new TestClock(1_000_000)
  const ws = createWebSockets({ clock, logger: { warn: () => undefined, error: () => undefined }, ...appOptions })
  const inspect = inspector(ws, options)
  const server = createServer(inspect.page)
  server.on('upgrade', (request, socket, head) => {
    const route = String(request.url).replace(/(?<=.)[/?].*/, '')
    const handler = route === '/inspect' ? inspect.socket : HANDLERS[route]
    if (handler === undefined) ws.refuse(request, socket, head)
    else ws.upgrade(request, socket, head, { route }, handler as (socket: Connection<unknown>) => unknown)
  })
  t.teardown(() => {
    for (const connection of ws.connections) connection.terminate()
  })
  return {
    clock,
    ws,
    page: () => InspectorClient.open(server, clock),
    open: (path = '/echo', options) => inject(server, path, options),
  }
}

/** The number that a page has for the first connection of a route. */
const idOf = (page: InspectorClient, route: string): number => page.rows.find((row) => row.route === route)?.id ?? 0

t.test('a page learns at once what there is, and every second what has changed', async (t) => {
  const { page: newPage, open, clock } = stage(t)
  const socket = await open()
  const page = await newPage()
  t.match(page.hello, { showPayloads: false, process: { pid: process.pid } })
  t.equal(page.ticks.length, 1)
  const totals = { at: 1_000_000, connections: 2, topics: 0, topicState: 'local', sentPerSecond: 0 }
  t.match(page.tick, { found: 2, totals }, 'of a moment there is no rate yet')
  t.same(page.rows.find(({ route }) => route === '/echo')?.address, '127.0.0.1')
  for (const text of ['one', 'two', 'three']) socket.send(text)
  await clock.advance(1_000)
  t.equal(page.ticks.length, 2)
  const [echoing] = await page.look({ route: '/echo' })
  t.match(page.ticks[1].totals, { receivedPerSecond: 3, sentPerSecond: 5 }, 'and what the page itself was told')
  t.match(echoing, { messagesReceived: 3, messagesSent: 3, ageMs: 2_000, backlogBytes: 0, isInspector: false })
  t.match(
    page.tick.routes.find(({ route }) => route === '/echo'),
    { connections: 1 },
  )
  t.ok(page.rows.every(({ isInspector }) => !isInspector))
})

t.test('what a connection moved before it ended, and one that came and went, are counted', async (t) => {
  const { page: newPage, open, clock } = stage(t)
  const page = await newPage()
  const socket = await open()
  socket.send('hello')
  socket.close(1000)
  await socket.closed
  await clock.advance(1_000)
  t.match(page.tick.totals, { opened: 1, closed: 1, receivedPerSecond: 1 })
})

t.test('filters and orders', async (t) => {
  const { page: newPage, open, ws } = stage(t)
  const page = await newPage()
  const busy = await open('/echo', { remoteAddress: '198.51.100.7' })
  await open('/echo')
  await open('/topics')
  const texts = (rows: readonly { route: string }[]): string[] => rows.map(({ route }) => route)
  t.same(texts(await page.look({})), ['/inspect', '/echo', '/echo', '/topics'])
  t.same(texts(await page.look({ isDescending: true })), ['/topics', '/echo', '/echo', '/inspect'])
  t.equal((await page.look({ text: '198.51 ECHO' })).length, 1)
  t.equal(page.tick.found, 1)
  t.equal(page.tick.totals.connections, 4, 'the totals are those of all')
  const [found] = page.rows
  t.same(await page.look({ text: `#${found.id}` }).then(([one]) => one.id), found.id)
  t.same(texts(await page.look({ text: 'topic:room:lobby' })), ['/topics'])
  t.same(texts(await page.look({ text: 'topic:room' })), [], 'a topic is named whole')
  t.same(texts(await page.look({ route: '/topics' })), ['/topics'])
  t.same(texts(await page.look({ route: '' })), [])
  busy.send('x')
  t.equal(
    (await page.look({ sort: 'receivedPerSecond', isDescending: true, route: '/echo' }))[0].address,
    '198.51.100.7',
  )
  t.match(await page.look({ sort: 'topicCount', isDescending: true }), [{ topicCount: 2 }])
  t.equal(ws.connections.size, 4)
})

t.test('the frames of the picked connection, and of no other', async (t) => {
  const { page: newPage, open, clock } = stage(t, { showPayloads: true })
  const [picked, other] = [await open('/echo'), await open('/other')]
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/echo') })
  picked.send('hello')
  other.send('not for the page')
  await clock.advance(100)
  t.match(page.frames, [
    { seq: 0, direction: 'in', fin: true, rsv1: false, opcode: 1, masked: true, payloadLength: 5, start: '68656c6c6f' },
    { seq: 1, direction: 'out', opcode: 1, masked: false, payloadLength: 5, start: '68656c6c6f' },
  ])
  t.equal(page.frames[0].at, 1_000_000)
  picked.send(Buffer.alloc(1_000, 7))
  await clock.advance(100)
  t.equal(page.frames[2].start, '07'.repeat(64), 'no more than the start')
  await page.ask({ type: 'pick', id: null })
  picked.send('unseen')
  await clock.advance(200)
  t.equal(page.frames.length, 4)
})

t.test('what a compressed message is, and one in several frames', async (t) => {
  const { page: newPage, open, clock } = stage(t, { showPayloads: true }, { compression: { thresholdBytes: 1 } })
  const socket = await open('/echo', { compression: { thresholdBytes: 1 } })
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/echo') })
  socket.send('a'.repeat(500))
  await new Promise((resolve) => socket.once('message', resolve))
  await clock.advance(100)
  const [received] = page.frames
  t.ok(received.rsv1 && received.payloadLength < 50)
  const message = page.frameMessages.flatMap(({ messages }) => messages)[0]
  t.match(message, { seq: received.seq, byteLength: 500, wireLength: received.payloadLength, start: '61'.repeat(64) })
  socket.send('one ', { fin: false })
  socket.send('two')
  await clock.advance(100)
  const parts = page.frameMessages.flatMap(({ messages }) => messages).filter(({ byteLength }) => byteLength === 7)
  t.equal(parts[0].seq, page.frames.find(({ opcode }) => opcode === 0)?.seq, 'told with the frame that ends it')
})

t.test('payloads are hidden unless showPayloads is set; what a close frame says is not', async (t) => {
  const { page: newPage, open, clock } = stage(t, {}, { compression: { thresholdBytes: 1 } })
  const socket = await open('/echo', { compression: true })
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/echo') })
  socket.send('secret '.repeat(20))
  socket.ping('secret')
  await new Promise((resolve) => socket.once('message', resolve))
  socket.close(4_000, 'reason')
  await socket.closed
  await clock.advance(100)
  t.same(new Set(page.frames.map(({ opcode }) => opcode)), new Set([1, 8, 9, 10]))
  t.same(
    page.frames.filter(({ opcode }) => opcode === 8).map(({ closeCode }) => closeCode),
    [4000, 4000],
  )
  t.notMatch(JSON.stringify(page.frameMessages), /start|736563726574/)
})

t.test(
  'nor are they in what has ended and gone wrong: a reason is a payload, and so is what a parser quotes',
  async (t) => {
    for (const showPayloads of [false, true]) {
      const { page: newPage, open, clock } = stage(t, { showPayloads })
      const page = await newPage()
      const [closing, failing] = [await open('/echo'), await open('/parses')]
      closing.close(4_000, 'secret')
      await closing.closed
      failing.send('secret')
      await failing.closed
      await clock.advance(1_000)
      const told = page.ticks.flatMap(({ happenings }) => happenings)
      t.match(told, [
        { type: 'closed', code: 4_000, reason: showPayloads ? 'secret' : '' },
        { type: 'error', route: '/parses', message: showPayloads ? /^SyntaxError: .*secret/ : 'SyntaxError' },
        { type: 'closed', route: '/parses', sentCode: 1011 },
      ])
      t.equal(JSON.stringify(page.told).includes('secret'), showPayloads)
    }
  },
)

t.test('whatever is thrown has a name', async (t) => {
  const { page: newPage, open, clock } = stage(t)
  const page = await newPage()
  await (await open('/odd')).closed
  await clock.advance(1_000)
  t.match(
    page.ticks.flatMap(({ happenings }) => happenings),
    [{ type: 'error', message: 'something that is no Error' }, { type: 'closed' }],
  )
})

t.test('of more frames than maxFramesPerSecond the rest is counted', async (t) => {
  const { page: newPage, open, clock } = stage(t, { maxFramesPerSecond: 10 })
  const socket = await open('/echo')
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/echo') })
  for (let i = 0; i < 20; i++) socket.send('x')
  await clock.advance(100)
  t.equal(page.frames.length, 10)
  t.equal(page.frameMessages.at(-1)?.skipped, 30)
  await clock.advance(1_000)
  socket.send('x')
  await clock.advance(100)
  t.same(
    page.frames.slice(10).map(({ seq }) => seq),
    [40, 41],
    'and numbers are left out',
  )
})

t.test('a page that is paused is told nothing, and nothing is looked at for it', async (t) => {
  const { page: newPage, open, clock } = stage(t)
  const socket = await open('/echo')
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/echo') })
  await page.ask({ type: 'pause', isPaused: true })
  const before = page.told.length
  socket.send('x')
  await clock.advance(3_000)
  t.equal(page.told.length, before)
  await page.ask({ type: 'pause', isPaused: false })
  socket.send('x')
  await clock.advance(1_000)
  t.equal(page.frames.length, 2)
  t.equal(page.tick.picked?.messagesReceived, 2)
})

t.test("a page's own frames are not shown: each would make another one", async (t) => {
  const { page: newPage, clock } = stage(t)
  const [page, other] = [await newPage(), await newPage()]
  for (const { hello } of [page, other]) {
    await page.ask({ type: 'pick', id: hello.ownId })
    t.match(page.about.picked, { id: hello.ownId, isInspector: true })
    await clock.advance(2_000)
    t.same(page.frames, [])
  }
})

t.test('the handshake, without what is secret in it', async (t) => {
  const { page: newPage, open } = stage(t)
  const headers = { cookie: 'sid=1', 'x-mark': 'so \u00fc' }
  await open('/echo?token=abc', { headers: { ...headers, 'x-mark': 'seen' } })
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/echo') })
  t.match(page.about.handshake, {
    requestLine: 'GET /echo?token=[redacted] HTTP/1.1',
    responseLine: 'HTTP/1.1 101 Switching Protocols',
    requestHeaders: { cookie: '[redacted]', 'x-mark': 'seen', 'sec-websocket-version': '13' },
    responseHeaders: { upgrade: 'websocket', 'sec-websocket-accept': /=$/ },
  })
  t.notMatch(JSON.stringify(page.told), /abc|sid=1/)
})

t.test('a subprotocol is shown where the route names it; what a function picks may be a token', async (t) => {
  const cases: [AppOptions['protocols'], string][] = [
    [['chat.v2'], 'chat.v2'],
    [(offered) => offered[0], '[redacted]'],
  ]
  for (const [protocols, shown] of cases) {
    const { page: newPage, open } = stage(t, {}, { protocols })
    await open('/echo', { protocols: ['chat.v2'] })
    const page = await newPage()
    await page.ask({ type: 'pick', id: idOf(page, '/echo') })
    const [asked, agreed] = [page.about.handshake?.requestHeaders, page.about.handshake?.responseHeaders]
    const told = [page.about.picked?.protocol, ...[asked, agreed].map((headers) => headers?.['sec-websocket-protocol'])]
    t.same(told, [shown, shown, shown])
  }
})

t.test('keepHandshakes: false keeps nothing', async (t) => {
  const { page: newPage, open } = stage(t, { keepHandshakes: false })
  await open('/echo')
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/echo') })
  t.equal(page.about.handshake, null)
  t.equal(page.about.picked?.address, '')
})

t.test('a handshake of enormous headers is kept in part', async (t) => {
  const { page: newPage, open } = stage(t)
  const headers = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`x-field-${at}`, 'v'.repeat(300)]))
  await open('/echo', { headers })
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/echo') })
  const { requestHeaders } = page.about.handshake ?? { requestHeaders: {} }
  t.ok(JSON.stringify(requestHeaders).length < 5_000)
  t.equal(Object.entries(requestHeaders).at(-1)?.[0], '...')
})

t.test('a path of enormous length is kept in part: two hundred of them do not fill a page’s line', async (t) => {
  const { page: newPage, open } = stage(t)
  await open(`/long/${'x'.repeat(4_000)}`)
  await open(`/long?${'a&'.repeat(2_000)}`)
  const page = await newPage()
  t.same(new Set(page.rows.map(({ path }) => path.length)), new Set([8, 5, 515]))
  for (const { id } of page.rows) {
    await page.ask({ type: 'pick', id })
    t.ok((page.about.handshake?.requestLine.length ?? 0) < 600)
  }
})

t.test('what has ended, was refused, failed or met a limit, in words', async (t) => {
  const { page: newPage, open, clock } = stage(t, { showPayloads: true }, { maxMessageBytes: 10 })
  const page = await newPage()
  const [gone, large] = [await open('/echo'), await open('/echo')]
  gone.close(1001, 'bye')
  await gone.closed
  large.send('more than ten bytes')
  await large.closed
  await (await open('/fails')).closed
  await t.rejects(open('/nowhere?token=abc'))
  await clock.advance(1_000)
  const told = page.ticks.flatMap(({ happenings }) => happenings)
  t.match(told, [
    { type: 'closed', route: '/echo', code: 1001, reason: 'bye', closedBy: 'peer', sentence: /went away/ },
    { type: 'limit', limit: 'maxMessageBytes', route: '/echo' },
    { type: 'closed', sentCode: 1009, closedBy: 'limit', cause: 'maxMessageBytes' },
    { type: 'error', route: '/fails', message: 'Error: the database is away' },
    { type: 'closed', route: '/fails', sentCode: 1011 },
    { type: 'refused', id: null, status: 404, url: '/nowhere?token=[redacted]', address: '127.0.0.1' },
  ])
  t.equal(page.tick.totals.refused, 1)
})

t.test('more happens in a second than anybody reads', async (t) => {
  const { page: newPage, open, clock } = stage(t)
  const page = await newPage()
  const sockets = await Promise.all(Array.from({ length: 60 }, () => open('/echo')))
  for (const socket of sockets) socket.terminate()
  await clock.advance(1_000)
  t.equal(page.tick.happenings.length, 50)
  t.equal(page.tick.missedHappenings, 10)
})

t.test('another app of the same process is none of its affair', async (t) => {
  const [ours, theirs] = [stage(t), stage(t)]
  const page = await ours.page()
  const socket = await theirs.open('/echo')
  socket.close()
  await socket.closed
  await ours.clock.advance(1_000)
  t.match(page.tick, { found: 1, totals: { connections: 1, opened: 0, closed: 0 } })
  t.same(page.tick.happenings, [])
})

t.test('while no page is open nothing is looked at, and nothing runs', async (t) => {
  const { page: newPage, open, clock } = stage(t)
  await open('/echo')
  const watched = (): string[] =>
    Object.entries(CHANNELS)
      .filter(([, one]) => one.hasSubscribers)
      .map(([name]) => name)
  const [timers, before] = [clock.timers, watched()]
  t.same(before, ['sockroute:connection:opened'], 'the headers of handshakes are kept')
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/echo') })
  t.notOk(CHANNELS['sockroute:frame'].hasSubscribers, 'one connection is watched, and not all')
  t.equal(clock.timers, timers + 1)
  page.socket.close()
  await page.socket.closed
  await clock.advance(0)
  t.same(watched(), before)
  t.equal(clock.timers, timers)
  const again = await newPage()
  t.equal(again.tick.found, 2)
})

t.test('a page knows whose numbers it has: those of another inspector are others', async (t) => {
  const [one, other] = [stage(t), stage(t)]
  const pages = [await one.page(), await one.page(), await other.page()]
  const [first, second, third] = pages.map(({ hello }) => hello.numbering)
  t.match(first, /^[\da-f-]{36}$/)
  t.equal(second, first)
  t.not(third, first)
})

t.test('who comes later sees the seconds before', async (t) => {
  const { page: newPage, clock } = stage(t)
  await newPage()
  await clock.advance(200_000)
  const later = await newPage()
  t.equal(later.hello.history.length, 120)
})

t.test('a page that reads too slowly is told less, and how much less', async (t) => {
  const { page: newPage, open, clock } = stage(t, {}, { pingIntervalMs: 'unlimited' })
  for (let i = 0; i < 200; i++) await open('/echo')
  const page = await newPage()
  page.socket.network.hold()
  await clock.advance(20_000)
  page.socket.network.release()
  await clock.advance(2_000)
  const skipped = page.ticks.map(({ skippedTicks }) => skippedTicks)
  t.ok(Math.max(...skipped) > 5, skipped.join())
  t.equal(page.ticks.length + Math.max(...skipped), 23, 'one for each second, and one at the beginning')
})

t.test('many connections are looked at in several turns of the event loop', async (t) => {
  const { open, ws } = stage(t, {}, { pingIntervalMs: 'unlimited' })
  await Promise.all(Array.from({ length: 600 }, () => open('/echo')))
  let last = 0
  const survey = new Survey(ws.connections, () => ({ id: ++last, address: '', path: '', isInspector: false }))
  let turns = 0
  const turn = (): void => {
    turns++
    if (survey.isRunning) setImmediate(turn)
  }
  const running = survey.run([])
  setImmediate(turn)
  t.equal((await running).connections, 600)
  t.ok(turns > 0, 'others were let in between')
})

t.test('one page more than maxPages is sent away', async (t) => {
  const { page: newPage } = stage(t, { maxPages: 1 })
  const first = await newPage()
  const second = await newPage()
  t.match(await second.socket.closed, { code: 1013, reason: /1 pages? of the inspector/ })
  first.socket.close()
  await first.socket.closed
  t.ok((await newPage()).hello)
})

t.test('a route that every site may open shows nothing', async (t) => {
  const { page: newPage } = stage(t, {}, { origins: 'any' })
  const page = await newPage()
  t.match(await page.socket.closed, { code: 1008, reason: /origins: \[\]/ })
  t.same(page.told, [])
})

const NO_COMMANDS: [what: string, data: string | Buffer][] = [
  ['no JSON', 'pick 1'],
  ['bytes', Buffer.from('{"type":"pick","id":1}')],
  ['no object', '[]'],
  ['null', 'null'],
  ['an unknown type', '{"type":"terminate","id":1}'],
  ['a number that is none', '{"type":"pick","id":"1"}'],
  ['a fraction', '{"type":"pick","id":1.5}'],
  ['an order that there is not', '{"type":"look","text":"","route":null,"sort":"__proto__","isDescending":true}'],
  [
    'a text that is too long',
    JSON.stringify({ type: 'look', text: 'x'.repeat(257), route: null, sort: 'id', isDescending: true }),
  ],
  ['a command that is too long', `{"type":"pick","id":1${' '.repeat(3_000)}}`],
  ['half a look', '{"type":"look","text":""}'],
]

t.test('what no page of ours says ends the connection, and nothing else', async (t) => {
  const { page: newPage, open, ws, clock } = stage(t)
  await open('/echo')
  for (const [what, data] of NO_COMMANDS) {
    const page = await newPage()
    page.socket.send(data)
    t.match(await page.socket.closed, { code: 1008 }, what)
  }
  await clock.advance(0)
  t.equal(ws.connections.size, 1)
})

t.test('a connection that ends while it is picked, and one that has ended before', async (t) => {
  const { page: newPage, open, clock } = stage(t)
  const socket = await open('/echo')
  const page = await newPage()
  const id = idOf(page, '/echo')
  t.match(page.tick, { pickedId: null, picked: null })
  await page.ask({ type: 'pick', id })
  t.ok(page.about.picked)
  socket.terminate()
  await clock.advance(1_000)
  t.match(page.tick, { pickedId: id, picked: null })
  await page.ask({ type: 'pick', id })
  t.match(page.about, { id, picked: null, handshake: null })
})

t.test('topics of the picked one, the first hundred', async (t) => {
  const { page: newPage, open, ws, clock } = stage(t)
  await open('/topics')
  const page = await newPage()
  await page.ask({ type: 'pick', id: idOf(page, '/topics') })
  t.same(page.about.picked?.topics, ['room:lobby', 'all'])
  const socket = [...ws.connections].find(({ topics }) => topics.size > 0)
  for (let i = 0; i < 150; i++) void socket?.subscribe(`${'long'.repeat(100)}${i}`)
  await clock.advance(1_000)
  t.equal(page.tick.picked?.topicCount, 152)
  t.equal(page.tick.picked?.topics.length, 100)
  t.ok(page.tick.picked?.topics.every(({ length }) => length < 210))
})

t.test('mistakes are found where they are made', async (t) => {
  const ws = createWebSockets()
  const cases: [() => unknown, RegExp][] = [
    [() => inspector(undefined as never), /takes app\.ws/],
    [() => inspector({} as never), /takes app\.ws/],
    [() => inspector(ws, { showPayload: true } as never), /showPayload/],
    [() => inspector(ws, { showPayloads: 1 } as never), /showPayloads takes true or false/],
    [() => inspector(ws, { maxPages: 0 }), /maxPages takes a whole number/],
    [() => inspector(ws, true as never), /options are an object/],
    [() => inspector(ws).page({}, {}), /inspect\.page is for a GET route.*app\.get.*app\.ws/],
    [() => inspector(ws).socket({} as never), /inspect\.socket is for a WebSocket route.*app\.ws.*app\.get/],
  ]
  for (const [mistake, message] of cases) t.throws(mistake, { name: 'TypeError', message })
})
