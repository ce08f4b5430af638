import { format } from 'node:util'
import t from 'tap'
import type { Connection } from '../src/connection.ts'
import { Hub } from '../src/hub.ts'
import type { AppOptions, OnError } from '../src/options.ts'
import type { Upgrade } from '../src/upgrade.ts'
import { FakeClock } from './support/clock.ts'
import { settle } from './support/open.ts'
import { type End, pair } from './support/pair.ts'
import { Peer } from './support/peer.ts'

const fault = new Error('fault')

interface Setup {
  readonly hub: Hub
  readonly clock: FakeClock
  /** What was logged, as [level, message, error]. */
  readonly logged: unknown[][]
  /** The details of what was logged. */
  readonly details: object[]
  open(options?: {
    handler?: (socket: Connection, request: never) => unknown
    onError?: OnError
    server?: object | undefined
    upgrade?: Upgrade
  }): { peer: Peer; transport: End }
}

function setUp(options: AppOptions = {}): Setup {
  const clock = new FakeClock()
  const logged: unknown[][] = []
  const details: object[] = []
  const log = (level: string) => (detail: object, message: string) => {
    logged.push([level, message, (detail as { err?: unknown }).err])
    details.push(detail)
  }
  const logger = { warn: log('warn'), error: log('error') }
  const hub = new Hub({ pingIntervalMs: 'unlimited', clock, ...options }, logger)
  return {
    hub,
    clock,
    logged,
    details,
    open({ handler = () => undefined, onError, server, upgrade = fakeUpgrade(server) } = {}) {
      const [transport, far] = pair()
      const peer = new Peer(far)
      const settings = { ...hub.settings, onError: onError ?? hub.settings.onError }
      hub.open(transport, Buffer.alloc(0), { settings, protocol: '', handler, request: 'the request', server }, upgrade)
      return { peer, transport }
    },
  }
}

/** A handshake under way, of which the hub only knows that it is to go. */
function fakeUpgrade(server?: object): Upgrade {
  return { server, inForce: {}, request: {}, depart: () => undefined, terminate: () => undefined } as unknown as Upgrade
}

const REQUEST = { url: '/a?b=s3cret', headers: {}, socket: {} }

const failing = (): never => {
  throw fault
}

t.test('the open connections, in order of opening', async (t) => {
  const { hub, open } = setUp()
  t.equal(hub.connections.size, 0)
  const sockets: Connection[] = []
  const peers = [1, 2, 3].map(() => open({ handler: (socket) => void sockets.push(socket) }).peer)
  t.same([...hub.connections], sockets)
  peers[1].close(1000)
  await settle()
  t.equal(hub.connections.size, 2)
  const names: unknown[] = []
  for (const socket of hub.connections) {
    socket.terminate()
    names.push(sockets.indexOf(socket))
  }
  t.same(names, [0, 2])
  await settle()
  t.equal(hub.connections.size, 0)
})

t.test('without a logger the console gets each line as it is, and the details behind it', async (t) => {
  const lines: string[] = []
  for (const level of ['warn', 'error'] as const) {
    const original = console[level]
    console[level] = (...args: unknown[]) => void lines.push(format(...args))
    new Hub({}).log(level, { origin: 'https://%o.example' }, 'refused: ["https://%o.example"]')
    console[level] = original
  }
  t.same(lines, Array(2).fill(`refused: ["https://%o.example"] { origin: 'https://%o.example' }`))
})

t.test('to the console connections are logged where an option says so, or it is named as the logger', async (t) => {
  const lines: string[] = []
  const original = console.info
  console.info = (...args: unknown[]) => void lines.push(format(...args))
  t.teardown(() => {
    console.info = original
  })
  for (const options of [{}, { logConnections: true }, { logConnections: false }, { logger: console }]) {
    const hub = new Hub(options)
    const [transport] = pair()
    const opening = { settings: hub.settings, protocol: '', handler: () => undefined, request: '', server: undefined }
    const upgrade = { inForce: hub.settings, route: '/%d', elapsedMs: 1.2, request: REQUEST }
    hub.open(transport, Buffer.alloc(0), opening, upgrade as unknown as Upgrade)
    transport.destroy()
    await settle()
  }
  const opened = /^sockroute: a WebSocket opened \{ connection: 1, route: '\/%d', url: '\/a\?b=\[redacted\]', .* \}$/
  const closed = /^sockroute: a WebSocket closed: the connection broke: .* \}$/
  t.match(lines, [opened, closed, opened, closed], 'and each is one line')
})

t.test('A01 by default a failure is logged, and closes its connection with 1011 and no detail', async (t) => {
  const { open, logged, hub } = setUp()
  const { peer } = open({ handler: failing })
  const other = open()
  await settle()
  t.same(peer.log, ['close 1011'])
  t.same(other.peer.log, [])
  t.match(logged, [['error', /handler failed/, fault]])
  t.equal(hub.connections.size, 1)
})

t.test('onError decides instead, and gets what the handler got', async (t) => {
  const told: unknown[] = []
  const { open, logged } = setUp({
    onError: (error, socket, request) => {
      told.push([error, request])
      socket.close(4001, 'sorry')
    },
  })
  const { peer } = open({ handler: failing })
  await settle()
  t.same(told, [[fault, 'the request']])
  t.same([peer.log, logged], [['close 4001 sorry'], []])
})

t.test('an onError that does nothing leaves the connection open', async (t) => {
  const { open, hub } = setUp()
  const { peer } = open({ handler: failing, onError: () => undefined })
  peer.send(9, 'x')
  await settle()
  t.same(peer.log, ['pong x'])
  t.equal(hub.connections.size, 1)
})

const failures: [how: string, onError: OnError][] = [
  ['throws', () => failing()],
  ['rejects', (async () => failing()) as OnError],
]

for (const [how, onError] of failures) {
  t.test(`an onError that ${how} is logged with what it was called for, and the connection is closed`, async (t) => {
    const { open, logged } = setUp()
    const handler = (): never => {
      throw new Error('the first')
    }
    const { peer } = open({ handler, onError })
    await settle()
    t.same(peer.log, ['close 1011'])
    t.match(logged, [
      ['error', /handler failed/, { message: 'onError itself failed', errors: [fault, { message: 'the first' }] }],
    ])
    t.equal(logged.length, 1)
  })
}

t.test('a logger that throws hurts nobody', async (t) => {
  const logger = { warn: failing, error: failing }
  const { open } = setUp({ logger })
  const listening = open({ handler: (socket) => socket.on('message', async () => failing()) })
  const other = open()
  t.doesNotThrow(() => open({ handler: failing }))
  listening.peer.text('a')
  await settle()
  t.same(listening.peer.log, ['close 1011'])
  other.peer.send(9, 'x')
  await settle()
  t.same(other.peer.log, ['pong x'])
})

t.test('close tells all, and fulfils when the last is gone', async (t) => {
  const { hub, open, clock } = setUp()
  const all = [open(), open()]
  all[1].peer.answersClose = false
  t.equal(hub.isClosing(undefined), false)
  let isDone = false
  const closing = hub.close().then(() => (isDone = true))
  t.equal(hub.isClosing(undefined), true)
  await settle()
  t.same(
    all.map(({ peer }) => peer.log),
    [['close 1001'], ['close 1001']],
  )
  t.equal(isDone, false)
  t.equal(hub.connections.size, 1)
  clock.advance(10_000)
  await closing
  t.equal(hub.connections.size, 0)
  t.equal(clock.timers, 0, 'so the process can exit')
  await hub.close()
})

t.test('close takes options of its own', async (t) => {
  const { hub, open, clock } = setUp({ drain: { code: 1012 } })
  const { peer } = open()
  peer.answersClose = false
  const closing = hub.close({ deadlineMs: 100 })
  await settle()
  t.same(peer.log, ['close 1012'])
  clock.advance(100)
  await closing
  t.ok(peer.sawEnd)
})

t.test('B11 what close is not told is as it was set', async (t) => {
  const { hub, open, clock } = setUp()
  const all = Array.from({ length: 120 }, () => open())
  for (const { peer } of all) peer.answersClose = false
  void hub.close({ spreadMs: undefined, deadlineMs: undefined, code: undefined })
  clock.advance(6_000)
  await settle()
  t.equal(all.filter(({ peer }) => peer.log.join() === 'close 1001').length, 120, 'all have been told')
  t.equal(hub.connections.size, 120, 'and none is terminated before the deadline')
  clock.advance(4_000)
  await settle()
  t.equal(hub.connections.size, 0)
})

t.test('options of close are checked, too', async (t) => {
  const { hub } = setUp()
  for (const options of [{ spread: 1 }, { deadlineMs: -1 }, { deadlineMs: '1s' }, { code: 4000 }]) {
    await t.rejects(async () => hub.close(options as never), TypeError, JSON.stringify(options))
  }
})

t.test('a handshake that opens during the end is told at once', async (t) => {
  const { hub, open } = setUp()
  const upgrade = fakeUpgrade()
  hub.begin(upgrade)
  const closing = hub.close()
  const { peer } = open({ upgrade })
  await settle()
  t.same(peer.log, ['close 1001'])
  await closing
})

t.test('a handshake that ends during the end is waited for no longer', async () => {
  const { hub } = setUp()
  const upgrade = fakeUpgrade()
  hub.begin(upgrade)
  const closing = hub.close()
  hub.end(upgrade)
  await closing
})

t.test('a handshake that opens during the end, with a handler that terminates', async (t) => {
  const { hub, open, clock } = setUp()
  const upgrade = fakeUpgrade()
  hub.begin(upgrade)
  const closing = hub.close()
  open({ upgrade, handler: (socket) => socket.terminate() })
  await settle()
  clock.advance(20_000)
  await settle()
  t.equal(await Promise.race([closing.then(() => 'closed'), settle().then(() => 'hangs')]), 'closed')
})

t.test('the end of one server of several', async (t) => {
  const { hub, open } = setUp()
  const [first, second] = [{}, {}]
  const a = open({ server: first })
  const b = open({ server: second })
  await hub.closeThrough(first)
  t.same([a.peer.log, b.peer.log], [['close 1001'], []])
  t.same([hub.isClosing(first), hub.isClosing(second)], [true, false])
  await hub.close()
  t.same(b.peer.log, ['close 1001'])
})

t.test('R01 handshakes under way are counted', async (t) => {
  const { hub } = setUp({ maxPendingHandshakes: 2 })
  const [one, two, three] = [fakeUpgrade(), fakeUpgrade(), fakeUpgrade()]
  hub.begin(one)
  t.equal(hub.reasonAgainst(two), undefined)
  hub.begin(two)
  t.equal(hub.reasonAgainst(two), undefined, 'those beside it count')
  t.equal(hub.reasonAgainst(three), 'maxPendingHandshakes')
  hub.end(one)
  hub.end(one)
  t.equal(hub.reasonAgainst(three), undefined)
  void hub.close()
  t.equal(hub.reasonAgainst(two), 'shutdown')
})

t.test('all connections share one heartbeat', async (t) => {
  const { open, clock, hub } = setUp({ pingIntervalMs: 1_000 })
  for (let i = 0; i < 10; i++) open()
  t.equal(clock.timers, 1)
  await hub.close()
  t.equal(clock.timers, 0)
})

t.test('maxTotalBytes: who held most is closed, and an operator hears of it', async (t) => {
  const { hub, logged, open, clock } = setUp({ maxTotalBytes: 10_000, maxMessageBytes: 10_000 })
  const { peer } = open()
  peer.binary(Buffer.alloc(9_000))
  await settle()
  t.same([logged, peer.log], [[], []])
  peer.binary(Buffer.alloc(2_000))
  await settle()
  t.match(peer.log, [/^close 1013/])
  clock.advance(1_000)
  t.match(logged, [['warn', /maxTotalBytes/]])
  await hub.close()
})

t.test('maxTotalBytes: of a flood an operator hears once a second, with the count', async (t) => {
  const { hub, details, open, clock } = setUp({ maxTotalBytes: 10_000, maxMessageBytes: 10_000 })
  for (let second = 1; second <= 2; second++) {
    for (let i = 0; i < 50; i++) {
      open().peer.binary(Buffer.alloc(9_000))
      await settle(2)
    }
    clock.advance(1_000)
  }
  t.same(details, [
    { maxTotalBytes: 10_000, connections: 49 },
    { maxTotalBytes: 10_000, connections: 50 },
  ])
  await hub.close()
})
