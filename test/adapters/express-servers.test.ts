/** Express apps on their servers, sessions on the 101, and the response after it. For Express 4 and 5 alike. */

import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:tls'
import express, { type RequestHandler, type Response } from 'express'
import session from 'express-session'
import { attach, websockets } from '../../adapters/express.ts'
import type { Connection } from '../../src/index.ts'
import { recentOrders } from '../../src/recent-orders.ts'
import { holdEnd } from '../hosts/host.ts'
import { handshake, RawClient } from '../hosts/raw-client.ts'
import { clientFrame } from '../protocol/wire.ts'
import { until } from '../support/until.ts'
import { onBoth, serve, tell } from './express-app.ts'
import { refused, say, told } from './telling.ts'
import { TLS } from './tls.ts'

const pass: RequestHandler = (_request, _response, next) => next()

await onBoth('a session sets its cookie on the 101, and is there in the handler', async (t, framework) => {
  const app = websockets(framework())
  app.use(session({ secret: 'x', resave: false, saveUninitialized: true }))
  const visit: RequestHandler = ({ session }, _response, next) => {
    const visits = session as unknown as { count?: number }
    visits.count = (visits.count ?? 0) + 1
    next()
  }
  app.ws(
    '/ws',
    visit,
    tell((request) => (request.session as unknown as { count: number }).count),
  )
  const running = await serve(t, app)
  const first = await running.send()
  const { 'set-cookie': cookie } = (await first.readHead()).headers
  t.match(cookie, /^connect\.sid=/)
  t.equal(await first.readText(), '1')
  t.equal(await told(running, '/ws', { headers: { cookie: cookie.split(';')[0] } }), '2', 'and it comes back')
})

await onBoth('a route for GET that comes first is warned about', async (t, framework) => {
  const warnings: Error[] = []
  const record = (warning: Error): void => void warnings.push(warning)
  process.on('warning', record)
  t.teardown(() => process.off('warning', record))
  const app = websockets(framework())
  app.ws('/early', say('open'))
  app.get('/chat/:room', (_request, response) => void response.send('over http'))
  app.get(framework === express ? '/{*all}' : '*', pass)
  app.ws('/chat/:room', say('open'))
  app.ws('/late', say('open'))
  app.post('/posted', pass)
  await new Promise((resolve) => setImmediate(resolve))
  t.match(warnings, [
    { name: 'SockrouteWarning', code: 'SOCKROUTE_SHADOWED', message: '/chat/:room' },
    { code: 'SOCKROUTE_SHADOWED', message: '/late' },
  ])
  t.equal(warnings.length, 2)
  const running = await serve(t, app)
  t.equal(await told(running, '/early'), 'open')
  t.same(await refused(running, '/chat/x'), [200, 'over http'], 'and does what it was told')
  t.equal(await told(running, '/late'), 'open', 'one that passes on is in nobody’s way')
})

await onBoth('a server that was not attached says what to add', async (t, framework) => {
  const app = websockets(framework())
  app.ws('/ws', say('open'))
  app.get('/ws', (_request, response) => void response.send('over http'))
  const running = await serve(t, app, createServer(app).listen(0, '127.0.0.1'))
  const client = await running.send()
  const { status, headers, body } = await client.readAnswer()
  t.match([status, headers.upgrade, body], [426, 'websocket', 'attach(server, app)'])
  const plain = await running.send({ headers: { upgrade: undefined } })
  t.equal((await plain.readAnswer()).body, 'over http')
})

await onBoth('attach lets a server of one’s own carry upgrades', async (t, framework) => {
  const app = websockets(framework())
  app.ws(
    '/ws',
    tell(({ secure, protocol }) => [secure, protocol]),
  )
  const server = createTlsServer(TLS, app)
  t.equal(attach(server, app), server)
  t.equal(attach(server, app), server, 'twice is once')
  const running = await serve(t, app, server.listen(0, '127.0.0.1'))
  const socket = connect({ port: running.port, host: '127.0.0.1', ca: TLS.cert, servername: 'localhost' })
  await once(socket, 'secureConnect')
  const client = new RawClient(socket)
  client.write(handshake())
  t.equal((await client.readHead()).status, 101)
  t.equal(await client.readText(), '[true,"https"]')
  const plain = new RawClient(connect({ port: running.port, host: '127.0.0.1', ca: TLS.cert, servername: 'localhost' }))
  plain.write(handshake({ path: '/nowhere', headers: { upgrade: 'h2c' } }))
  t.equal((await plain.readAnswer()).status, 404, 'and plain HTTP stays')
  client.destroy()
  plain.destroy()
})

await onBoth('two apps share a server, and one app has two', async (t, framework) => {
  const [one, two] = [websockets(framework()), websockets(framework())]
  one.ws('/one', say('one'))
  one.ws('/both', say('one'))
  two.ws('/two', say('two'))
  two.ws('/both', say('two'))
  const server = createServer(one)
  attach(server, one)
  attach(server, two)
  const running = await serve(t, one, server.listen(0, '127.0.0.1'))
  t.equal(await told(running, '/one'), 'one')
  t.equal(await told(running, '/two'), 'two')
  t.equal(await told(running, '/both'), 'one', 'the first one first')
  t.equal((await refused(running, '/neither'))[0], 404)
  t.same([one.ws.connections.size, two.ws.connections.size], [2, 1])
  await two.ws.close({ deadlineMs: 0 })
  t.same([one.ws.connections.size, two.ws.connections.size], [2, 0])

  const other = await serve(t, one, one.listen(0, '127.0.0.1'))
  const stays = await running.open({ path: '/one' })
  const ends = await other.open({ path: '/one' })
  const closed = once(other.server, 'close')
  other.server.close()
  t.equal(await ends.readText(), 'one')
  t.equal((await ends.readFrame()).opcode, 8, 'its server ends')
  ends.destroy()
  await closed
  stays.write(clientFrame(9, 'still here'))
  t.same([await stays.readText(), await stays.readText()], ['one', 'still here'], 'the other’s does not')
  await one.ws.close({ deadlineMs: 0 }) // else the end of each server would wait for the clients of the other
})

await onBoth('an app that takes no more is passed over', async (t, framework) => {
  const [one, two] = [websockets(framework(), { maxPendingHandshakes: 1 }), websockets(framework())]
  const arrived = new EventEmitter()
  const hold: RequestHandler = () => arrived.emit('held')
  one.ws('/held', hold, say('never'))
  one.ws('/one', say('one'))
  one.ws('/both', say('one'))
  two.ws('/both', say('two'))
  const server = createServer(one)
  attach(server, one)
  attach(server, two)
  const running = await serve(t, one, server.listen(0, '127.0.0.1'))
  const isHeld = once(arrived, 'held')
  const held = await running.send({ path: '/held' })
  await isHeld
  const check = async (why: string): Promise<void> => {
    t.equal(await told(running, '/both'), 'two', `${why}: the next has the route`)
    const client = await running.send({ path: '/one' })
    const { status, headers } = await client.readAnswer()
    t.match([status, headers['retry-after']], [503, /^\d+$/], `${why}: no other has it`)
    client.end()
  }
  await check('full')
  held.destroy()
  await one.ws.close()
  await check('closing')
  await two.ws.close({ deadlineMs: 0 })
  t.equal((await refused(running, '/both'))[0], 503)
})

await onBoth('an app that has replied is the last, also if it goes on', async (t, framework) => {
  const [one, two] = [websockets(framework()), websockets(framework())]
  one.use((_request, response, next) => {
    holdEnd(response)
    response.end('not today')
    next()
  })
  two.ws('/ws', say('two'))
  const server = createServer(one)
  attach(server, one)
  attach(server, two)
  const running = await serve(t, one, server.listen(0, '127.0.0.1'))
  t.same(await refused(running, '/ws'), [200, 'not today'])
})

await onBoth('the response is over when the WebSocket is open', async (t, framework) => {
  const errors: unknown[] = []
  let response: Response | undefined
  const app = websockets(framework())
  const keep: RequestHandler = (_request, res, next) => {
    response = res
    next()
  }
  app.ws('/ws', keep, (socket) => {
    const tries = [
      () => response?.send('x'),
      () => response?.json({}),
      () => response?.end(),
      () => response?.setHeader('a', 'b'),
      () => response?.redirect('/'),
      () => response?.status(500).send('x'),
    ]
    for (const one of tries) {
      try {
        errors.push(one())
      } catch (error) {
        errors.push((error as Error).message)
      }
    }
    socket.send('open')
  })
  const running = await serve(t, app)
  t.equal(await told(running, '/ws'), 'open')
  t.match(errors, Array(6).fill(/socket\.send/))
})

await onBoth('an order reaches who is still in the middleware of another app on its server', async (t, framework) => {
  const outer = websockets(framework())
  const inner = websockets(framework())
  let letGo: () => void = () => undefined
  outer.use((_request, _response, next) => {
    letGo = next // it has let them pass, and reads something else
  })
  const handler = (socket: Connection): void => {
    socket.data = { userId: 1 }
    socket.send('open')
  }
  outer.ws('/outer', handler)
  inner.ws('/inner', handler)
  const server = attach(outer.listen(0, '127.0.0.1'), inner)
  t.teardown(() => inner.ws.close({ deadlineMs: 0 }))
  const running = await serve(t, outer, server)
  const heard: string[] = []
  for (const app of [outer, inner]) {
    const client = await running.send({ path: '/inner' })
    await until('it is under way', () => app.ws.close({ userId: 1 }, 4001).then(() => recentOrders.size > 0))
    letGo()
    await client.readHead()
    client.write(clientFrame(8, Buffer.of(3, 232)))
    heard.push((await client.readToEnd()).join())
    t.equal(recentOrders.size, 0)
  }
  t.same(heard, ['text open,close 1000,fin', 'text open,close 4001,fin'], 'of the first they are not')
})
