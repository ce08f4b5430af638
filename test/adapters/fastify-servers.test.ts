/** Fastify's servers, the end of an app, and the reply after the 101. */

import { once } from 'node:events'
import { mock } from 'node:test'
import { connect } from 'node:tls'
import Fastify, { type FastifyReply } from 'fastify'
import t from 'tap'
import wsPlugin from '../../adapters/fastify.ts'
import { handshake, RawClient } from '../hosts/raw-client.ts'
import { clientFrame } from '../protocol/wire.ts'
import { serve } from './fastify-app.ts'
import { onTwoAddresses } from './localhost.ts'
import { refused, say, tell, told } from './telling.ts'
import { TLS } from './tls.ts'

const GOING_AWAY = clientFrame(8, Buffer.of(3, 233))

t.test('localhost is two addresses, and both carry upgrades', async (t) => {
  onTwoAddresses(t)
  const app = Fastify()
  await app.register(wsPlugin)
  app.ws(
    '/ws',
    tell(({ ip }) => ip),
  )
  app.post('/http', (request) => request.body)
  const running = await serve(t, app, 'localhost')
  t.equal(app.addresses().length, 2)
  const open: RawClient[] = []
  for (const address of ['127.0.0.1', '::1']) {
    const client = await RawClient.connect(running.port, address)
    client.write(handshake())
    t.equal((await client.readHead()).status, 101, address)
    t.equal(await client.readText(), `"${address}"`)
    open.push(client)
    const headers = { upgrade: 'h2c', 'content-type': 'text/plain', 'content-length': '2' }
    const plain = await RawClient.connect(running.port, address)
    plain.write(Buffer.concat([handshake({ method: 'POST', path: '/http', headers }), Buffer.from('hi')]))
    t.equal((await plain.readAnswer()).body, 'hi', 'and plain HTTP')
    plain.destroy()
  }
  t.equal(app.ws.connections.size, 2)
  const closed = app.close()
  for (const client of open) {
    t.equal((await client.readFrame()).payload.readUInt16BE(), 1001)
    client.write(GOING_AWAY)
    client.end()
  }
  await closed
})

t.test('https', async (t) => {
  const app = Fastify({ https: TLS })
  await app.register(wsPlugin)
  app.ws('/ws', (socket, request) => void socket.send(request.protocol))
  const running = await serve(t, app)
  const dial = (): RawClient =>
    new RawClient(connect({ port: running.port, host: '127.0.0.1', ca: TLS.cert, servername: 'localhost' }))
  const client = dial()
  client.write(handshake())
  t.equal((await client.readHead()).status, 101)
  t.equal(await client.readText(), 'https')
  const plain = dial()
  plain.write(handshake({ path: '/nowhere', headers: { upgrade: 'h2c' } }))
  t.equal((await plain.readAnswer()).status, 404)
  client.destroy()
  plain.destroy()
})

t.test('app.close() tells connections first, whatever Fastify does with those that are idle', async (t) => {
  for (const forceCloseConnections of [true, false, 'idle'] as const) {
    const order: string[] = []
    const app = Fastify({ forceCloseConnections })
    app.addHook('preClose', async () => void order.push('preClose'))
    app.addHook('onClose', async () => void order.push(`onClose with ${app.ws.connections.size}`))
    await app.register(wsPlugin)
    app.ws('/ws', (socket) => void socket.on('close', (code) => order.push(`close ${code}`)))
    const running = await serve(t, app)
    const client = await running.open()
    const closed = app.close()
    t.equal((await client.readFrame()).payload.readUInt16BE(), 1001, String(forceCloseConnections))
    client.write(GOING_AWAY)
    client.end()
    await closed
    t.same(order, ['preClose', 'close 1001', 'onClose with 0'])
  }
})

t.test('a client that does not answer delays the end, and does not make it fail', async (t) => {
  const app = Fastify() // its own limit for a hook is 10 s, as our deadline is
  await app.register(wsPlugin)
  app.ws('/ws', () => undefined)
  const running = await serve(t, app)
  const silent = await running.open()
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let isClosed = false
  const closed = app.close().then(() => {
    isClosed = true
  })
  while (app.ws.connections.size > 0) {
    t.notOk(isClosed)
    mock.timers.tick(500)
    await new Promise(setImmediate)
  }
  mock.timers.reset()
  await t.resolves(closed)
  t.equal((await silent.readFrame()).payload.readUInt16BE(), 1001)
})

t.test('an app that never listened, and one whose start failed, can be closed', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  app.ws('/ws', say('open'))
  await app.close()
  const failing = Fastify()
  await failing.register(wsPlugin)
  failing.register(() => Promise.reject(new Error('a plugin failed')))
  await t.rejects(failing.listen({ port: 0 }), { message: 'a plugin failed' })
  await failing.close()
})

t.test('a hook that fails after the handler is answered with a clean 500', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  let opened = 0
  const handler = (): void => {
    opened++
  }
  const fail = (): Promise<never> => Promise.reject(new Error('in onSend'))
  app.ws('/ws', { onSend: [async (_request, { statusCode }) => (statusCode === 101 ? fail() : undefined)] }, handler)
  app.ws('/changed', { onSend: async (_request, reply) => void reply.code(403) }, handler)
  const running = await serve(t, app)
  const client = await running.send()
  const { status, headers } = await client.readAnswer()
  t.match([status, headers.connection], [500, 'close'])
  t.same(
    [headers.upgrade, headers['sec-websocket-accept'], headers['sec-websocket-protocol']],
    [undefined, undefined, undefined],
  )
  t.equal(await client.rest(), '')
  const changed = await running.send({ path: '/changed' })
  t.equal((await changed.readHead()).status, 403)
  t.equal(opened, 0)
})

t.test('a hook that fails when all is over harms nothing', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  app.ws('/ws', { onResponse: () => Promise.reject(new Error('in onResponse')) }, say('open'))
  const running = await serve(t, app)
  t.equal(await told(running, '/ws'), 'open')
})

t.test('the reply is over when the WebSocket is open', async (t) => {
  const errors: string[] = []
  let kept: FastifyReply | undefined
  const app = Fastify()
  await app.register(wsPlugin)
  const keep = async (_request: unknown, reply: FastifyReply): Promise<void> => {
    kept = reply
  }
  app.ws('/ws', { onRequest: keep }, (socket) => {
    for (const one of [() => kept?.send('x'), () => kept?.raw.end(), () => kept?.raw.setHeader('a', 'b')]) {
      try {
        one()
        errors.push('nothing')
      } catch (error) {
        errors.push((error as Error).message)
      }
    }
    socket.send('open')
  })
  const running = await serve(t, app)
  t.equal(await told(running, '/ws'), 'open')
  t.match(errors, Array(3).fill(/socket\.send/))
})

t.test('what the operator should know goes to Fastify’s logger', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } } })
  await app.register(wsPlugin)
  app.ws('/ws', (socket) => void socket.on('message', () => Promise.reject(new Error('in a handler'))))
  app.ws('/same-origin', say('open'))
  const running = await serve(t, app)
  const client = await running.open({}, clientFrame(1, 'hi'))
  t.equal((await client.readFrame()).payload.readUInt16BE(), 1011)
  t.match(JSON.parse(lines.pop() ?? ''), { level: 50, err: { message: 'in a handler' } })
  const foreign = await running.send({ path: '/same-origin', headers: { origin: 'https://evil.example' } })
  t.equal((await foreign.readAnswer()).status, 403)
  t.match(JSON.parse(lines.pop() ?? ''), { level: 40, origin: 'https://evil.example' })
})

t.test('HTTP’s time limits are not a WebSocket’s', async (t) => {
  // Longer than a busy machine needs between accepting a connection and reading from it, which they limit, too.
  const app = Fastify({ connectionTimeout: 500, keepAliveTimeout: 500, requestTimeout: 500 })
  await app.register(wsPlugin, { pingIntervalMs: 1_500 })
  app.ws('/ws', () => undefined)
  app.ws('/never', { onRequest: () => new Promise(() => undefined), ws: { handshakeTimeoutMs: 1_500 } }, say('never'))
  const running = await serve(t, app)
  const idle = await running.open()
  t.equal((await idle.readFrame()).opcode, 9, 'silence up to our own ping')
  t.equal((await refused(running, '/never'))[0], 504, 'hooks have the time that we give them')
  const closed = once(idle.socket, 'close')
  idle.reset()
  await closed
})
