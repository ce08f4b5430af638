/** One line of the log when a connection opens and one when it closes, or one when its handshake is refused; on every host. */

import type { AppOptions, RouteOptions } from '../../src/index.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import { FakeClock } from '../support/clock.ts'
import { Program } from '../support/program.ts'
import { RecordingLogger } from '../support/recording.ts'
import { echo, type Handler, type Hook } from './host.ts'
import { pass } from './pass.ts'
import { type Changes, handshake, type RawClient } from './raw-client.ts'
import { onEachHost, type Running } from './suite.ts'

const BYE = clientFrame(8, hex('03e8'))

interface End {
  readonly options?: RouteOptions
  readonly handler?: Handler
  readonly happens: (client: RawClient, app: Running, clock: FakeClock) => unknown
  readonly told: object
  readonly says: string
}

const ENDS: Record<string, End> = {
  honest: {
    happens: (client) => client.write(Buffer.concat([clientFrame(1, 'hello'), BYE])),
    told: { code: 1000, closedBy: 'peer', messagesReceived: 1, messagesSent: 1, bytesReceived: 19 },
    says: 'the client closed it normally',
  },
  'the connection breaks': {
    happens: (client) => client.reset(),
    told: { code: 1006, closedBy: 'network' },
    says: 'the connection broke: the client was gone without a word',
  },
  'nothing is heard': {
    happens: (_client, _app, clock) => pass(clock, 60_000),
    told: { code: 1006, closedBy: 'limit', cause: 'pongTimeoutMs' },
    says: 'the client did not answer a ping within pongTimeoutMs: it is gone, or out of reach',
  },
  'the app shuts down': {
    async happens(client, app) {
      void app.close()
      await client.readFrame()
      client.write(clientFrame(8, hex('03e9')))
    },
    told: { code: 1001, closedBy: 'shutdown', sentCode: 1001 },
    says: 'the app shut down',
  },
  'a handler fails': {
    handler: () => Promise.reject(new Error('no')),
    happens: (client) => client.write(clientFrame(8, hex('03f3'))),
    told: { code: 1011, closedBy: 'app', sentCode: 1011 },
    says: 'a handler failed',
  },
  'the peer breaks the protocol': {
    happens: (client) => client.write(hex('ffff')),
    told: { code: 1006, closedBy: 'peer', cause: 'WS_RESERVED_BIT', sentCode: 1002 },
    says: 'the client broke the protocol: a reserved bit was set',
  },
}

for (const [name, { options = {}, handler = echo, happens, told, says }] of Object.entries(ENDS)) {
  await onEachHost(`closed: ${name}`, async (t, begin) => {
    const logger = new RecordingLogger()
    const clock = new FakeClock()
    const app = await begin({ routes: { '/ws': { handler, options } }, options: { clock, logger } })
    const client = await app.open({
      path: '/ws?room=1&token=s3cret',
      headers: { 'user-agent': 'tester', 'sec-websocket-protocol': 'bearer, s3cret' },
    })
    await happens(client, app, clock)
    await client.ended
    client.end()
    await app.settled()
    const url = '/ws?room=[redacted]&token=[redacted]'
    t.match(logger.infos, [
      { connection: 1, route: '/ws', url, address: '127.0.0.1', userAgent: 'tester', handshakeMs: Number },
      { connection: 1, route: '/ws', durationMs: Number, ...told },
    ])
    t.same(
      logger.infos.map(({ message }) => message),
      ['sockroute: a WebSocket opened', `sockroute: a WebSocket closed: ${says}`],
    )
    t.notMatch(JSON.stringify(logger.lines), /s3cret/)
  })
}

const CLIENT = `
const socket = require('node:net').connect(process.env.PORT, '127.0.0.1')
socket.write(Buffer.from(process.env.HANDSHAKE, 'base64'))
socket.on('data', () => console.log('open'))`

await onEachHost('closed: the client’s process is killed', async (t, begin) => {
  const logger = new RecordingLogger()
  const app = await begin({ routes: { '/ws': echo }, options: { logger } })
  const env = { PORT: String(app.port), HANDSHAKE: handshake().toString('base64') }
  const program = new Program(['-e', CLIENT], env)
  await program.printed(/open/)
  await program.stop('SIGKILL')
  await app.settled()
  t.match(logger.infos.at(-1), { closedBy: 'network', code: 1006, message: /closed: the connection broke/ })
})

interface Refused {
  readonly hooks?: readonly Hook[]
  readonly changes?: Changes
  readonly options?: RouteOptions
  /** Others that are there already. */
  readonly others?: number
  readonly told: readonly [status: number, reason: string, route: string]
  readonly says: string
}

const REFUSALS: Record<string, Refused> = {
  'by a hook': {
    hooks: [({ reply }) => reply(401, 'who?')],
    told: [401, 'app', '/ws'],
    says: 'the application refused it',
  },
  'no such route': {
    changes: { path: '/nowhere?token=s3cret' },
    told: [404, 'app', ''],
    says: 'no WebSocket route has this path',
  },
  'no right handshake': {
    changes: { headers: { 'sec-websocket-version': '7' } },
    told: [426, 'handshake', '/ws'],
    says: 'it was no right WebSocket handshake',
  },
  'a foreign origin': {
    changes: { path: '/ws?token=s3cret', headers: { origin: 'https://evil.example' } },
    told: [403, 'origins', '/ws'],
    says: 'its origin is not allowed',
  },
  'too many header fields': {
    options: { maxHeaderFields: 3 },
    told: [431, 'maxHeaderFields', '/ws'],
    says: 'it had more header fields than maxHeaderFields',
  },
  'too many connections': {
    others: 1,
    told: [503, 'maxConnections', '/ws'],
    says: 'there were maxConnections already',
  },
}

for (const [name, { hooks = [], changes = {}, options = {}, others = 0, told, says }] of Object.entries(REFUSALS)) {
  await onEachHost(`refused: ${name}`, async (t, begin) => {
    const logger = new RecordingLogger()
    const app = await begin({
      routes: { '/ws': { handler: echo, hooks, options } },
      options: { maxConnections: 1, logger },
    })
    for (let i = 0; i < others; i++) await app.open()
    const client = await app.send(changes)
    await client.readHead()
    const [line, ...more] = logger.infos.slice(others)
    t.same(more, [])
    t.same([line.status, line.reason, line.route], told)
    t.match(line, { address: '127.0.0.1', message: `sockroute: a WebSocket was refused: ${says}`, durationMs: Number })
    t.notMatch(JSON.stringify(logger.lines), /s3cret/)
  })
}

await onEachHost('refused: a hook takes too long, or the client leaves', async (t, begin) => {
  const logger = new RecordingLogger()
  const clock = new FakeClock()
  let isAsked: () => void = () => undefined
  const hooks: Hook[] = [() => new Promise(() => isAsked())]
  const app = await begin({ routes: { '/ws': { handler: echo, hooks } }, options: { clock, logger } })
  for (const ending of ['leaves', 'waits'] as const) {
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    const client = await app.send({ path: '/ws?token=s3cret' })
    await asked
    if (ending === 'leaves') client.reset()
    else await clock.advance(10_000)
    await client.ended
    client.end()
    await app.settled()
  }
  t.match(logger.infos, [
    { reason: 'left', status: undefined, message: /refused: the client left before it was answered/ },
    { reason: 'handshakeTimeoutMs', status: 504, message: /refused: it was not decided within handshakeTimeoutMs/ },
  ])
  t.notMatch(JSON.stringify(logger.lines), /s3cret/)
})

await onEachHost('a subprotocol that a function has picked may be a token', async (t, begin) => {
  const logger = new RecordingLogger()
  const app = await begin({
    routes: {
      '/listed': { handler: echo, options: { protocols: ['chat.v2'] } },
      '/picked': { handler: echo, options: { protocols: (offered) => offered[0] } },
    },
    options: { logger },
  })
  await app.open({ path: '/listed', headers: { 'sec-websocket-protocol': 'chat.v2, s3cret' } })
  await app.open({ path: '/picked', headers: { 'sec-websocket-protocol': 's3cret' } })
  t.same(
    logger.infos.map(({ protocol }) => protocol),
    ['chat.v2', undefined],
  )
  t.notMatch(JSON.stringify(logger.lines), /s3cret/)
})

const quiet = (logger: RecordingLogger): AppOptions['logger'] => ({ warn: logger.warn, error: logger.error })

const SWITCHES: [what: string, app: (logger: RecordingLogger) => AppOptions, route: RouteOptions, lines: number][] = [
  ['a logger with info', (logger) => ({ logger }), {}, 2],
  ['a logger without', (logger) => ({ logger: quiet(logger) }), {}, 0],
  ['off for the app', (logger) => ({ logger, logConnections: false }), {}, 0],
  [
    'off for the app and on for the route',
    (logger) => ({ logger, logConnections: false }),
    { logConnections: true },
    2,
  ],
  ['off for the route', (logger) => ({ logger }), { logConnections: false }, 0],
]

for (const [what, appOptions, options, lines] of SWITCHES) {
  await onEachHost(`lines or none: ${what}`, async (t, begin) => {
    const logger = new RecordingLogger()
    const app = await begin({ routes: { '/ws': { handler: echo, options } }, options: appOptions(logger) })
    const client = await app.open()
    client.reset()
    await client.ended
    await app.settled()
    t.equal(logger.infos.length, lines)
  })
}

await onEachHost('an address that the app fails to find is left out of the line', async (t, begin, { name }) => {
  const logger = new RecordingLogger()
  const trustProxy = (): never => {
    throw new Error('no list of proxies')
  }
  const app = await begin({ routes: { '/ws': echo }, options: { logger }, trustProxy })
  await app.open({ headers: { 'x-forwarded-for': '192.0.2.1' } })
  t.same(
    logger.infos.map(({ address }) => address),
    [name === 'node:http' ? '127.0.0.1' : undefined],
  )
})

await onEachHost('a logger that fails fails nobody', async (t, begin) => {
  const fail = (): never => {
    throw new Error('the disk is full')
  }
  const app = await begin({ routes: { '/ws': echo }, options: { logger: { info: fail, warn: fail, error: fail } } })
  const client = await app.open({}, clientFrame(1, 'hello'))
  t.equal(await client.readText(), 'hello')
})

await onEachHost('a logger that fails later fails nobody', async (t, begin) => {
  const fail = (): Promise<never> => Promise.reject(new Error('the disk is full'))
  const app = await begin({ routes: { '/ws': echo }, options: { logger: { info: fail, warn: fail, error: fail } } })
  await app.send({ path: '/nowhere' })
  const client = await app.open({}, clientFrame(1, 'hello'))
  t.equal(await client.readText(), 'hello')
})

/** What a terminal obeys, and what turns a line round. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

await onEachHost('what a peer sends cannot change how its line looks, nor make it endless', async (t, begin) => {
  const logger = new RecordingLogger()
  const app = await begin({ routes: { '/ws': echo }, options: { logger }, trustProxy: true })
  const odd = '\x9b31m\u0085'
  const headers = { 'user-agent': odd, 'x-forwarded-for': odd.padEnd(8_000, 'x') }
  const client = await app.open({ headers })
  client.write(clientFrame(8, Buffer.concat([hex('0fa0'), Buffer.from('\u202ekcatta\u001b[2J\n\u2028')])))
  await client.ended
  client.end()
  for (const origin of [odd, 'long']) {
    const foreign = await app.send({ headers: { ...headers, origin: `https://${origin}`.padEnd(7_000, 'x') } })
    await foreign.ended
    foreign.end()
  }
  await app.settled()
  const values = logger.lines.flatMap((line) => Object.values(line)).filter((value) => typeof value === 'string')
  t.ok(values.includes('\\u{9b}31m\\u{85}'), 'the user agent')
  t.ok(values.includes('\\u{202e}kcatta\\u{1b}[2J\\u{a}\\u{2028}'), 'the reason')
  t.same(
    values.filter((value) => HIDDEN.test(value) || value.length > 2_100),
    [],
  )
  t.ok(
    logger.lines.some(({ level }) => level === 'warn'),
    'the origin',
  )
})
