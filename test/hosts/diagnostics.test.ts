/** What each channel tells, on every host. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { constants, deflateRawSync } from 'node:zlib'
import t from 'tap'
import {
  type ConnectionClosedEvent,
  createWebSockets,
  type FramePassedEvent,
  type MessagePassedEvent,
  observe,
  type RouteOptions,
} from '../../src/index.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import { FakeClock } from '../support/clock.ts'
import { observing, observingNames } from '../support/observing.ts'
import { echo, type Handler, type Hook } from './host.ts'
import { pass } from './pass.ts'
import { type Changes, handshake, RawClient } from './raw-client.ts'
import { onEachHost, type Running } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))

interface End {
  readonly options?: RouteOptions
  readonly handler?: Handler
  readonly happens: (client: RawClient, app: Running, clock: FakeClock) => unknown
  readonly told: Partial<ConnectionClosedEvent>
}

const ENDS: Record<string, End> = {
  'the peer closes': {
    happens: (client) => client.write(Buffer.concat([clientFrame(1, 'hello'), BYE])),
    told: { code: 1000, closedBy: 'peer', cause: undefined, sentCode: undefined, messagesReceived: 1, messagesSent: 1 },
  },
  'the application closes': {
    handler: (socket) => socket.close(4001, 'that was all'),
    happens: (client) => client.write(clientFrame(8, hex('0fa1796573'))),
    told: { code: 4001, reason: 'yes', closedBy: 'app', sentCode: 4001 },
  },
  'the application terminates': {
    handler: (socket) => socket.terminate(),
    happens: () => undefined,
    told: { code: 1006, closedBy: 'app', sentCode: undefined },
  },
  'a handler fails': {
    handler: () => Promise.reject(new Error('no')),
    happens: (client) => client.write(clientFrame(8, hex('03f3'))),
    told: { code: 1011, closedBy: 'app', sentCode: 1011 },
  },
  'the connection breaks': {
    happens: (client) => client.reset(),
    told: { code: 1006, closedBy: 'network', cause: undefined, sentCode: undefined },
  },
  'the peer breaks the protocol': {
    happens: (client) => client.write(hex('ffff')),
    told: { code: 1006, closedBy: 'peer', cause: 'WS_RESERVED_BIT', sentCode: 1002 },
  },
  'a message is too large': {
    options: { maxMessageBytes: 4 },
    happens: (client) => client.write(clientFrame(1, 'hello')),
    told: { code: 1006, closedBy: 'limit', cause: 'maxMessageBytes', sentCode: 1009, messagesReceived: 0 },
  },
  'nothing is heard': {
    happens: (_client, _app, clock) => pass(clock, 60_000),
    told: { code: 1006, closedBy: 'limit', cause: 'pongTimeoutMs' },
  },
  'its time is over': {
    options: { maxLifetimeMs: 5_000 },
    async happens(client, _app, clock) {
      await pass(clock, 10_000)
      await client.readFrame()
      client.write(clientFrame(8, hex('03e9')))
    },
    told: { code: 1001, closedBy: 'limit', cause: 'maxLifetimeMs', sentCode: 1001 },
  },
  'the app shuts down': {
    async happens(client, app) {
      void app.close()
      await client.readFrame()
      client.write(clientFrame(8, hex('03e9')))
    },
    told: { code: 1001, closedBy: 'shutdown', sentCode: 1001 },
  },
}

for (const [name, { options = {}, handler = echo, happens, told }] of Object.entries(ENDS)) {
  await onEachHost(`closed: ${name}`, async (t, begin) => {
    const closed = observing(t, 'sockroute:connection:closed')
    const clock = new FakeClock()
    const app = await begin({ routes: { '/ws': { handler, options } }, options: { clock } })
    const client = await app.open()
    await happens(client, app, clock)
    await client.ended
    client.end()
    await app.settled()
    t.equal(closed.length, 1)
    const [{ code, closedBy }] = closed
    t.match(closed[0], { route: '/ws', ...told })
    const { open, opened, ...metrics } = app.ws.metrics().routes['/ws']
    t.same([open, opened, metrics.closed, metrics.closedBy], [0, 1, { [code]: 1 }, { [closedBy]: 1 }])
  })
}

interface Refused {
  readonly hooks?: readonly Hook[]
  readonly changes?: Changes
  readonly options?: RouteOptions
  /** Others that are there already. */
  readonly others?: number
  readonly told: readonly [status: number | undefined, reason: string, route: string]
}

const REFUSALS: Record<string, Refused> = {
  'by a hook': { hooks: [({ reply }) => reply(401, 'who?')], told: [401, 'app', '/ws'] },
  'no such route': { changes: { path: '/nowhere' }, told: [404, 'app', ''] },
  'a version that nobody speaks': {
    changes: { headers: { 'sec-websocket-version': '7' } },
    told: [426, 'handshake', '/ws'],
  },
  'a foreign origin': { changes: { headers: { origin: 'https://evil.example' } }, told: [403, 'origins', '/ws'] },
  'too many header fields': { options: { maxHeaderFields: 3 }, told: [431, 'maxHeaderFields', '/ws'] },
  'too many connections': { others: 1, told: [503, 'maxConnections', '/ws'] },
}

for (const [name, { hooks = [], changes = {}, options = {}, others = 0, told }] of Object.entries(REFUSALS)) {
  await onEachHost(`refused: ${name}`, async (t, begin) => {
    const begun = observing(t, 'sockroute:upgrade:begun')
    const refused = observing(t, 'sockroute:upgrade:refused')
    const app = await begin({ routes: { '/ws': { handler: echo, hooks, options } }, options: { maxConnections: 1 } })
    for (let i = 0; i < others; i++) await app.open()
    const client = await app.send(changes)
    await client.readHead()
    t.same(
      refused.map(({ status, reason, route }) => [status, reason, route]),
      [told],
    )
    t.equal(refused[0].request, begun.at(-1)?.request)
    t.same(app.ws.metrics().routes[told[2]].refused, { [told[1]]: 1 })
  })
}

await onEachHost('refused: the client leaves, or a hook takes too long', async (t, begin) => {
  const refused = observing(t, 'sockroute:upgrade:refused')
  const limits = observing(t, 'sockroute:limit')
  const clock = new FakeClock()
  let isAsked: () => void = () => undefined
  const hooks: Hook[] = [() => new Promise(() => isAsked())]
  const app = await begin({ routes: { '/ws': { handler: echo, hooks } }, options: { clock } })
  for (const ending of ['leaves', 'waits'] as const) {
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    const client = await app.send()
    await asked
    if (ending === 'leaves') client.reset()
    else await clock.advance(10_000)
    await client.ended
    client.end()
    await app.settled()
  }
  t.same(
    refused.map(({ status, reason, route }) => [status, reason, route]),
    [
      [undefined, 'left', '/ws'],
      [504, 'handshakeTimeoutMs', '/ws'],
    ],
  )
  t.match(limits, [{ limit: 'handshakeTimeoutMs', connection: undefined }])
})

const line = ({ direction, fin, rsv1, opcode, masked, payloadLength }: FramePassedEvent): string =>
  `${direction} ${fin ? 'fin' : '-'} ${rsv1 ? 'rsv1' : '-'} ${opcode} ${masked ? 'masked' : '-'} ${payloadLength}`

const messageLine = ({ direction, isBinary, byteLength, wireLength, data }: MessagePassedEvent): string =>
  `${direction} ${isBinary ? 'binary' : 'text'} ${byteLength}/${wireLength} ${data?.toString()}`

await onEachHost('frames and messages, of a connection that was open before', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const client = await app.open({}, clientFrame(1, 'before'))
  t.equal(await client.readText(), 'before')
  const parts = [clientFrame(1, 'hel', { fin: false }), clientFrame(9, 'p'), clientFrame(0, 'lo')]
  await t.test('while somebody looks', async (t) => {
    const frames = observing(t, 'sockroute:frame')
    const messages = observing(t, 'sockroute:message')
    client.write(Buffer.concat(parts))
    await client.readFrame()
    t.equal(await client.readText(), 'hello')
    for (const { connection } of [...frames, ...messages]) t.ok([...app.ws.connections].includes(connection))
    t.same(frames.map(line), [
      'in - - 1 masked 3',
      'in fin - 9 masked 1',
      'out fin - 10 - 1',
      'in fin - 0 masked 2',
      'out fin - 1 - 5',
    ])
    t.same(messages.map(messageLine), ['in text 5/5 hello', 'out text 5/5 hello'])
  })
  const frames = observing(t, 'sockroute:limit') // nobody looks at frames any more
  client.write(clientFrame(1, 'after'))
  t.equal(await client.readText(), 'after')
  t.same(frames, [])
})

await onEachHost('compressed messages have two lengths', async (t, begin) => {
  const frames = observing(t, 'sockroute:frame')
  const messages = observing(t, 'sockroute:message')
  const app = await begin({ routes: { '/ws': { handler: echo, options: { compression: { thresholdBytes: 0 } } } } })
  const text = 'a'.repeat(200)
  const deflated = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  const wire = clientFrame(1, deflated)
  wire[0] |= 0x40
  const client = await app.open({ headers: { 'sec-websocket-extensions': 'permessage-deflate' } }, wire)
  const { payload } = await client.readFrame()
  t.same(frames.map(line), [`in fin rsv1 1 masked ${deflated.length}`, `out fin rsv1 1 - ${payload.length}`])
  t.same(messages.map(messageLine), [
    `in text 200/${deflated.length} ${text}`,
    `out text 200/${payload.length} ${text}`,
  ])
})

await onEachHost('a message in parts is told when its last has been sent', async (t, begin) => {
  const messages = observing(t, 'sockroute:message')
  const app = await begin({
    routes: {
      '/ws': (socket) => {
        socket.send(Buffer.from('ab'), { fin: false })
        socket.send(Buffer.from('c'))
      },
    },
  })
  const client = await app.open()
  for (let part = 0; part < 2; part++) await client.readFrame()
  t.same(messages.map(messageLine), ['out binary 3/3 undefined'])
  t.equal(app.ws.metrics().messagesSent, 1)
})

await onEachHost('pings and round trips, by the heartbeat', async (t, begin) => {
  const pings = observing(t, 'sockroute:ping')
  const trips = observing(t, 'sockroute:rtt')
  const clock = new FakeClock()
  const app = await begin({ routes: { '/ws': echo }, options: { clock } })
  const client = await app.open()
  await pass(clock, 26_000)
  const ping = await client.readFrame()
  client.write(Buffer.concat([clientFrame(10, ping.payload), clientFrame(1, 'and')]))
  await client.readFrame()
  t.match([pings, trips], [[{ route: '/ws' }], [{ route: '/ws', rttMs: Number }]])
  t.equal(app.ws.metrics().roundTrips.count, 1)
})

await onEachHost('handlers that fail, and limits that connections reach', async (t, begin) => {
  const errors = observing(t, 'sockroute:handler:error')
  const limits = observing(t, 'sockroute:limit')
  const app = await begin({
    routes: {
      '/ws': (socket) => {
        socket.on('message', () => {
          throw new Error('no')
        })
      },
    },
    options: { maxMessageBytes: 4 },
  })
  const client = await app.open({}, clientFrame(1, 'hi'))
  await client.readFrame()
  t.match(errors, [{ route: '/ws', error: { message: 'no' } }])
  await app.open({}, clientFrame(1, 'hello')).then((other) => other.readToEnd())
  t.match(limits, [{ limit: 'maxMessageBytes', route: '/ws', connection: Object }])
  const { handlerErrors, limitsHit } = app.ws.metrics().routes['/ws']
  t.same([handlerErrors, limitsHit], [1, { maxMessageBytes: 1 }])
})

await onEachHost('topics, and the drain at the end', async (t, begin) => {
  const app = await begin({ routes: { '/ws': (socket) => void socket.subscribe('news') } })
  const told = observingNames(t)
  const published = observing(t, 'sockroute:topic:published')
  const drained = observing(t, 'sockroute:drain:ended')
  const client = await app.open()
  app.ws.publish('news', 'hello')
  await client.readFrame()
  const closing = app.close()
  await client.readFrame()
  client.write(clientFrame(8, hex('03e9')))
  await client.ended
  client.end()
  await closing
  t.match([published, drained], [[{ topic: 'news', byteLength: 5, delivered: 1 }], [{ connections: 1, handshakes: 0 }]])
  t.same(
    told.filter((name) => !/frame|message/.test(name)),
    [
      'sockroute:upgrade:begun',
      'sockroute:connection:opened',
      'sockroute:topic:subscribed',
      'sockroute:topic:published',
      'sockroute:drain:begun',
      'sockroute:topic:unsubscribed',
      'sockroute:connection:closed',
      'sockroute:drain:ended',
    ],
  )
})

await onEachHost(
  'opened: the headers of the 101, those of hooks too; and the connections have it until it has ended',
  async (t, begin) => {
    const opened = observing(t, 'sockroute:connection:opened')
    const hooks: Hook[] = [({ setHeader }) => setHeader('X-Mark', 'seen')]
    const [app, other] = [await begin({ routes: { '/ws': { handler: echo, hooks } } }), await begin({ routes: {} })]
    const client = await app.open()
    t.match(opened[0].responseHeaders, { 'x-mark': 'seen', upgrade: 'websocket', 'sec-websocket-accept': /=$/ })
    const { connection } = opened[0]
    t.same(
      [app, other].map(({ ws }) => ws.connections.has(connection)),
      [true, false],
    )
    t.notOk(app.ws.connections.has({} as never))
    client.reset()
    await connection.closed
    t.notOk(app.ws.connections.has(connection))
  },
)

await onEachHost('whoever asks for the metrics while something is told finds it counted once', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const seen: (readonly [open: number, opened: number, closed: number, messages: number, size: number])[] = []
  const look = (): void => {
    const { open, opened, closed, messagesReceived } = app.ws.metrics()
    const all = Object.values(closed).reduce((sum, one) => sum + one, 0)
    seen.push([open, opened, all, messagesReceived, app.ws.connections.size])
  }
  t.teardown(observe('sockroute:connection:opened', look))
  t.teardown(observe('sockroute:connection:closed', look))
  const client = await app.open({}, Buffer.concat([clientFrame(1, 'hello'), BYE]))
  await client.readToEnd()
  client.end()
  await app.settled()
  t.same(seen, [
    [1, 1, 0, 0, 1],
    [0, 1, 1, 1, 0],
  ])
})

for (const end of ['close', 'terminate'] as const) {
  await onEachHost(`a listener that ends what has just opened: ${end}()`, async (t, begin) => {
    const closed = observing(t, 'sockroute:connection:closed')
    t.teardown(observe('sockroute:connection:opened', ({ connection }) => connection[end]()))
    const app = await begin({ routes: { '/ws': echo } })
    const client = await app.send({}, Buffer.concat([clientFrame(1, 'hello'), BYE]))
    await client.ended
    client.end()
    await app.settled()
    t.match(closed, [{ closedBy: 'app', messagesSent: 0 }])
    const { open, opened, handlerErrors } = app.ws.metrics()
    t.same([open, opened, handlerErrors, app.ws.connections.size], [0, 1, 0, 0])
  })
}

await onEachHost('refused: a client that was answered and stays has reached no limit', async (t, begin) => {
  const limits = observing(t, 'sockroute:limit')
  const refused = observing(t, 'sockroute:upgrade:refused')
  const clock = new FakeClock()
  const app = await begin({
    routes: { '/ws': { handler: echo, hooks: [({ reply }) => reply(401, 'who?')] } },
    options: { clock },
  })
  const client = await app.send()
  t.equal((await client.readHead()).status, 401)
  await pass(clock, 11_000)
  await app.settled()
  t.match(refused, [{ status: 401, reason: 'app' }])
  t.same(limits, [])
  t.equal(app.ws.limitsHit.handshakeTimeoutMs, 0)
  client.end()
})

t.test('refused: a reply that is begun and not ended is given up when the time is over', async (t) => {
  const refused = observing(t, 'sockroute:upgrade:refused')
  const clock = new FakeClock()
  const ws = createWebSockets({ clock, logger: { warn: () => undefined, error: () => undefined } })
  const server = createServer().on('upgrade', (request, socket, head) => {
    ws.upgrade(
      request,
      socket,
      head,
      { onRequest: (_request, response) => void response.writeHead(200).write('…') },
      echo,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const client = await RawClient.connect((server.address() as AddressInfo).port)
  client.write(handshake())
  await client.readHead()
  await clock.advance(10_000)
  await client.ended
  client.destroy()
  while (refused.length === 0) await turn()
  t.match(refused, [{ status: undefined, reason: 'handshakeTimeoutMs' }])
})
