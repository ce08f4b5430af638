/** What `inject` works with, what it leaves behind, and how it says what is wrong. */

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createHttp2Server, createSecureServer } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import cookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import express, { type RequestHandler } from 'express'
import session from 'express-session'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { WebSocketServer } from 'ws'
import { attach, websockets } from '../../adapters/express.ts'
import { wsPlugin } from '../../adapters/fastify.ts'
import { type Injectable, inject, TestClock, type TestSocket } from '../../adapters/testing.ts'
import { WebSocketServer as OurServer } from '../../adapters/ws.ts'
import { createWebSockets } from '../../src/index.ts'
import type { FakeClock } from '../support/clock.ts'
import { handles } from '../support/handles.ts'
import { MemoryBroker } from '../support/memory-broker.ts'
import { settle } from '../support/open.ts'
import { ROOT } from '../support/root.ts'
import { Client } from '../support/ws-client.ts'
import { TLS } from './tls.ts'

declare module 'express-session' {
  interface SessionData {
    visits: number
  }
}
declare module 'fastify' {
  interface Session {
    visits: number
  }
}

const SECRET = 'a secret with minimum length of 32 characters'

/** Tells what it is told at once. */
async function told(app: Injectable, path: string, options?: Parameters<typeof inject>[2]): Promise<unknown> {
  const socket = await inject(app, path, options)
  const message = await socket.next()
  socket.close()
  await socket.closed
  return JSON.parse(String(message))
}

/** The session's cookie, as a client sends it back. */
async function visit(t: Test, app: Injectable, cookie?: string): Promise<{ visits: unknown; cookie: string }> {
  const socket = await inject(app, '/visits', { headers: cookie === undefined ? {} : { cookie } })
  const [visits, header] = [await socket.next(), socket.response.headers['set-cookie']?.[0]]
  socket.terminate()
  t.ok(header !== undefined || cookie !== undefined, 'the 101 has the cookie')
  return { visits: Number(visits), cookie: header?.split(';')[0] ?? String(cookie) }
}

t.test('express-session', async (t) => {
  const app = websockets(express())
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }))
  const count: RequestHandler = (request, _response, next) => {
    request.session.visits = (request.session.visits ?? 0) + 1
    next()
  }
  app.ws('/visits', count, (socket, request) => void socket.send(`${request.session.visits}`))
  const first = await visit(t, app)
  t.equal(first.visits, 1)
  t.equal((await visit(t, app, first.cookie)).visits, 2)
  t.equal((await visit(t, app)).visits, 1, 'another')
})

t.test('@fastify/session, with app.inject beside it', async (t) => {
  const app = Fastify()
  await app.register(cookie)
  await app.register(fastifySession, { secret: SECRET, cookie: { secure: false } })
  await app.register(wsPlugin)
  app.get('/log-in', async (request) => {
    request.session.visits = 10
    return 'welcome'
  })
  app.ws(
    '/visits',
    {
      onRequest: async (request) => {
        request.session.visits = (request.session.visits ?? 0) + 1
      },
    },
    (socket, request) => void socket.send(`${request.session.visits}`),
  )
  const answer = await app.inject('/log-in')
  t.equal(answer.payload, 'welcome')
  const [{ name, value }] = answer.cookies
  t.equal((await visit(t, app, `${name}=${encodeURIComponent(value)}`)).visits, 11)
  t.equal((await visit(t, app)).visits, 1)
  t.equal((await app.inject('/visits')).statusCode, 404, 'HTTP is as it was')
  await app.close()
})

t.test('behind a proxy that is trusted', async (t) => {
  const headers = {
    'x-forwarded-for': '198.51.100.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'chat.example',
  }
  const expressApp = websockets(express())
  expressApp.set('trust proxy', '10.0.0.1')
  expressApp.ws('/', (socket, { ip, secure }) => void socket.send(JSON.stringify({ ip, secure })))
  const fastifyApp = Fastify({ trustProxy: '10.0.0.1' })
  await fastifyApp.register(wsPlugin)
  fastifyApp.ws(
    '/',
    (socket, { ip, protocol }) => void socket.send(JSON.stringify({ ip, secure: protocol === 'https' })),
  )
  for (const app of [expressApp, fastifyApp]) {
    const options = { headers, origin: 'https://chat.example' }
    t.same(await told(app, '/', { ...options, remoteAddress: '10.0.0.1' }), { ip: '198.51.100.9', secure: true })
    await t.rejects(inject(app, '/', options), /403/, 'and one that is not')
    t.same(await told(app, '/', { headers, encrypted: true }), { ip: '127.0.0.1', secure: true })
    t.same(await told(app, '/', { headers }), { ip: '127.0.0.1', secure: false })
  }
})

t.test('a server of https, without its handshake', async (t) => {
  const ws = createWebSockets()
  const server = createHttpsServer(TLS)
  server.on('upgrade', (request, socket, head) => {
    ws.upgrade(request, socket, head, (open) => void open.send(JSON.stringify('encrypted' in request.socket)))
  })
  t.equal(await told(server, '/'), true)
  const app = websockets(express())
  app.ws('/', (socket, { secure }) => void socket.send(JSON.stringify(secure)))
  t.equal(await told(attach(createHttpsServer(TLS, app), app), '/'), true)
})

t.test('a server of HTTP/2, over HTTP/1.1', async (t) => {
  for (const server of [createHttp2Server(), createSecureServer(TLS)]) {
    const ws = createWebSockets()
    ws.acceptHttp2(server)
    server.on('upgrade', (request, socket, head) => {
      ws.upgrade(request, socket, head, (open) => void open.send(JSON.stringify('encrypted' in request.socket)))
    })
    t.equal(await told(server, '/'), 'setSecureContext' in server)
    const open = await inject(server, '/')
    server.close()
    t.equal((await open.closed).code, 1001, 'closing it closes what came over memory, too')
  }
  const app = Fastify({ http2: true, https: TLS })
  await app.register(wsPlugin, { http2: true })
  app.ws('/', (socket, { protocol }) => void socket.send(JSON.stringify(protocol)))
  t.equal(await told(app, '/'), 'https')
  await app.close()
})

t.test('a server that listens', async (t) => {
  const app = websockets(express())
  app.ws('/', (socket) => void socket.send('"hello"'))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  for (const target of [app, server]) t.equal(await told(target, '/'), 'hello')
  const client = await Client.open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  t.equal(await client.next(), '"hello"')
  const open = await inject(server, '/')
  server.close()
  t.equal((await open.closed).code, 1001, 'closing it closes what came over memory, too')
  await client.closed
})

t.test('whoever answers the upgrades of a server', async (t) => {
  for (const Kind of [WebSocketServer, OurServer as unknown as typeof WebSocketServer]) {
    const server = createServer()
    const wss = new Kind({ server })
    wss.on('connection', (socket, request) => socket.send(JSON.stringify(request.socket.remoteAddress)))
    t.equal(await told(server, '/', { remoteAddress: '203.0.113.7' }), '203.0.113.7')
    wss.close()
  }
})

t.test('topics between processes, whose broker dies', async (t) => {
  const clock = new TestClock()
  const broker = new MemoryBroker({ clock: clock as FakeClock }) // it asks for timers alone
  const told: string[] = []
  const [one, other] = ['one', 'other'].map((name) => {
    const app = websockets(express(), {
      clock,
      broker: broker.driver(),
      pingIntervalMs: 'unlimited',
      onGap: (socket, { topics, from, to }) => {
        told.push(`${name} ${topics.join()} ${to - from}`)
        socket.send('fetch anew')
      },
    })
    app.ws('/', async (socket) => {
      socket.on('message', (data) => void socket.publish('news', data))
      await socket.subscribe('news')
      socket.send('ready')
    })
    return app
  })
  const [ann, ben] = await Promise.all([inject(one, '/'), inject(other, '/')])
  const heard: string[] = []
  ben.on('message', (data) => void heard.push(data.toString()))
  await clock.advance(60_000) // the broker is reached, and what was missed before told
  ann.send('hello')
  await clock.advance(100)
  t.equal(heard.at(-1), 'hello')
  heard.length = 0
  told.length = 0
  broker.stop()
  await clock.advance(5_000)
  ann.send('lost')
  await clock.advance(100)
  broker.start()
  await clock.advance(5_000)
  t.same(heard, ['fetch anew'])
  t.match(told.toSorted(), [/^one news \d+$/, /^other news \d+$/])
  await Promise.all([one.ws.close(), other.ws.close()])
})

t.test('closing an app that has never listened', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  app.ws('/', (socket) => void socket.on('message', () => undefined))
  const socket = await inject(app, '/')
  await app.close()
  t.equal((await socket.closed).code, 1001)

  const ours = websockets(express())
  ours.ws('/', (open) => void open.on('message', () => undefined))
  const other = await inject(ours, '/')
  await ours.ws.close()
  t.equal((await other.closed).code, 1001)
})

t.test('a listener that throws is the test’s own fault, and is heard', async (t) => {
  const program = `
    import { createServer } from 'node:http'
    import { createWebSockets } from 'sockroute'
    import { inject } from 'sockroute/testing'
    const ws = createWebSockets()
    const server = createServer().on('upgrade', (...args) => ws.upgrade(...args, (socket) => socket.send('x')))
    const socket = await inject(server, '/')
    socket.on('message', () => { throw new Error('from the test') })
    await socket.closed`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  t.equal(status, 1)
  t.match(stderr, /from the test/)
})

t.test('a thousand leave nothing behind', { timeout: 120_000 }, async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  app.ws('/', (socket) => {
    socket.on('message', (data) => void socket.send(data))
  })
  await many(app, 200) // what is made once, and compiled
  const before = { handles: handles().length, memory: memory() }
  await many(app, 1_000)
  const grown = memory() - before.memory
  t.equal(app.ws.connections.size, 0)
  t.ok(grown < 1_500_000, `${grown} bytes more`)
  t.ok(handles().length <= before.handles, handles().join())
})

async function many(app: Injectable, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 50) {
    const sockets: TestSocket[] = await Promise.all(Array.from({ length: 50 }, () => inject(app, '/')))
    for (const socket of sockets) socket.send('x'.repeat(2_000))
    await Promise.all(sockets.map((socket) => socket.next()))
    for (const [at, socket] of sockets.entries()) {
      if (at % 2 === 0) socket.close()
      else socket.network.reset()
    }
    await Promise.all(sockets.map(({ closed }) => closed))
  }
  await settle(20)
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function memory(): number {
  collect()
  return process.memoryUsage().heapUsed
}

t.test('mistakes', async (t) => {
  const app = websockets(express())
  const wrong: [what: string, app: unknown, path: unknown, options: unknown, message: RegExp][] = [
    [
      'an app without routes',
      express(),
      '/',
      {},
      /an app of websockets\(express\(\)\), a Fastify instance, or a server/,
    ],
    ['a router', websockets(express.Router()), '/', {}, /an app of websockets/],
    ['WebSockets without a server', createWebSockets(), '/', {}, /a server of node:http/],
    ['nothing', undefined, '/', {}, /a server of node:http/],
    ['a promise of an app', Promise.resolve(app), '/', {}, /got a promise: write await inject\(await build\(\), /],
    [
      'a server where nobody answers',
      createServer(),
      '/',
      {},
      /this server has no listener for 'upgrade' or 'request' yet/,
    ],
    ['a URL', app, 'ws://localhost/chat', {}, /takes a path such as '\/chat\?room=1'; got ws:/],
    ['no path', app, undefined, {}, /takes a path/],
    ['a name for an address', app, '/', { remoteAddress: 'localhost' }, /an IP address such as '203\.0\.113\.7'/],
    ['an unknown option', app, '/', { cookies: {} }, /no option cookies/],
    ['a clock for the client', app, '/', { clock: 1 }, /no option clock here; the options are headers, origin, /],
    ['options that are none', app, '/', null, /takes options such as/],
    ['a subprotocol with a space', app, '/', { protocols: ['a b'] }, /a subprotocol is a name/],
    ['the header of an origin', app, '/', { headers: { Origin: 'https://a.example' } }, /use the option origin/],
  ]
  for (const [what, target, path, options, message] of wrong) {
    await t.rejects(inject(target as Injectable, path as string, options as object), { message }, what)
  }
})
