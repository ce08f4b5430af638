/** Where the option is, what it takes, and that HTTP/1.1 goes on beside it. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { type ClientHttp2Session, createSecureServer, type Http2Session, type SecureServerOptions } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import express from 'express'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { attach, websockets } from '../../adapters/express.ts'
import wsPlugin from '../../adapters/fastify.ts'
import { createWebSockets } from '../../src/index.ts'
import { onTwoAddresses } from '../adapters/localhost.ts'
import { TLS } from '../adapters/tls.ts'
import { echo } from '../hosts/host.ts'
import { handshake, RawClient } from '../hosts/raw-client.ts'
import { openSocket, sessionTo } from './client.ts'
import { BYE, HI } from './on-each-host.ts'

t.test('a mistake is told where it is made, with what to write instead', async (t) => {
  t.throws(() => createWebSockets({ http2: true }), /call ws\.acceptHttp2\(server\)/)
  const ws = createWebSockets()
  t.throws(() => ws.acceptHttp2(createServer() as never), /need a server of node:http2/)
  t.throws(() => ws.acceptHttp2(undefined as never), /need a server of node:http2/)
  const app = Fastify()
  void app.register(wsPlugin, { http2: true })
  await t.rejects(async () => {
    await app.ready()
  }, /fastify\(\{ http2: true/)
  t.throws(() => websockets(express(), { http2: 'yes' as never }), /the option http2 takes true or false/)
  t.doesNotThrow(() => attach(createServer(), websockets(express(), { http2: true })), 'one of several servers')
})

const OPTIONS: SecureServerOptions = { ...TLS, allowHTTP1: true }

/** Each over TLS, with both versions of HTTP on one port. */
const HOSTS: Record<string, (t: Test) => Promise<number>> = {
  'node:http2': async (t) => {
    const ws = createWebSockets()
    const server = createSecureServer(OPTIONS)
    ws.acceptHttp2(server)
    server.on('upgrade', (request, socket, head) => ws.upgrade(request, socket, head, echo))
    t.teardown(() => server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  },
  'Express 5': async (t) => {
    const app = websockets(express(), { http2: true })
    app.ws('/ws', echo)
    const server = createSecureServer(OPTIONS)
    attach(server, app)
    t.teardown(() => server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  },
  'Fastify 5': async (t) => {
    const app = Fastify({ http2: true, https: OPTIONS }) as unknown as FastifyInstance // whose server is as good as any
    await app.register(wsPlugin, { http2: true })
    app.ws('/ws', echo)
    t.teardown(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
}

for (const [name, begin] of Object.entries(HOSTS)) {
  t.test(`${name}: HTTP/2 and HTTP/1.1 on one port, over TLS`, async (t) => {
    const port = await begin(t)
    const session = await sessionTo(t, { port, isSecure: true })
    const stream = await openSocket(session, '/ws', { origin: 'https://localhost' })
    stream.write(Buffer.concat([HI, BYE]))
    t.equal(Buffer.concat((await stream.toArray()) as Buffer[]).toString('latin1'), '\x81\x02hi\x88\x02\x03\xe8')
    stream.end()
    const dialled = { port, host: '127.0.0.1', ca: TLS.cert, servername: 'localhost', ALPNProtocols: ['http/1.1'] }
    const client = new RawClient(connectTls(dialled))
    client.write(Buffer.concat([handshake(), HI, BYE]))
    t.equal((await client.readHead()).status, 101)
    t.same(await client.readToEnd(), ['text hi', 'close 1000', 'fin'])
    client.end()
  })
}

t.test('localhost is two servers of Fastify, and both take WebSockets, and end', async (t) => {
  onTwoAddresses(t)
  const app = Fastify({ http2: true, https: OPTIONS })
  await app.register(async (inner) => {
    await inner.register(wsPlugin, { http2: true })
    inner.ws('/ws', echo)
  })
  await app.listen({ port: 0, host: 'localhost' })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const sessions: ClientHttp2Session[] = []
  for (const host of ['127.0.0.1', '::1']) {
    const session = await sessionTo(t, { port, host, isSecure: true })
    t.equal(session.remoteSettings.enableConnectProtocol, true, host)
    const stream = await openSocket(session)
    stream.write(Buffer.concat([HI, BYE]))
    t.equal(Buffer.concat((await stream.toArray()) as Buffer[]).toString('latin1'), '\x81\x02hi\x88\x02\x03\xe8', host)
    stream.end()
    sessions.push(session)
  }
  await Promise.all([...sessions.map((session) => once(session, 'close')), app.close()])
})

t.test('HTTP’s time limit is not a WebSocket’s, and goes on behind it', async (t) => {
  const ws = createWebSockets()
  const server = createSecureServer(OPTIONS).setTimeout(50)
  ws.acceptHttp2(server)
  server.on('upgrade', (request, socket, head) => ws.upgrade(request, socket, head, echo))
  t.teardown(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const begun = once(server, 'session') as Promise<[Http2Session]>
  const session = await sessionTo(t, { port: (server.address() as AddressInfo).port, isSecure: true })
  const [served] = await begun
  const stream = await openSocket(session)
  for (const n of [1, 2]) {
    await once(served, 'timeout')
    stream.write(HI)
    t.equal(((await once(stream, 'data')) as [Buffer])[0].toString('latin1'), '\x81\x02hi', `silence ${n}`)
  }
  const closed = once(session, 'close')
  stream.end(BYE)
  await closed
  t.equal(ws.connections.size, 0)
})
