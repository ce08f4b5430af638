/** Over TLS: WebSockets, and upgrades to something else, which are plain HTTP with their bodies. RFC 9110 §7.8 */

import { once } from 'node:events'
import { createServer } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { connect } from 'node:tls'
import express, { type Application } from 'express'
import express4 from 'express4'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { attach, websockets } from '../../adapters/express.ts'
import wsPlugin from '../../adapters/fastify.ts'
import { createWebSockets } from '../../src/index.ts'
import { TLS } from '../adapters/tls.ts'
import { clientFrame } from '../protocol/wire.ts'
import { echo, type HostedApp } from './host.ts'
import { handshake, RawClient } from './raw-client.ts'
import { run } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))

/** Each with the WebSocket route `/ws`, and `/echo` over HTTP, which tells its method and echoes its body. */
const hosts: Record<string, () => Promise<HostedApp>> = {
  'node:http': async () => {
    const ws = createWebSockets()
    const server = createServer(TLS, async (request, response) => {
      response.end(`${request.method} ${(await buffer(request)).toString()}`)
    })
    server.on('upgrade', (request, socket, head) => ws.upgrade(request, socket, head, echo))
    return served(server.listen(0, '127.0.0.1'), ws)
  },
  'Express 4': () => onExpress(express4 as unknown as typeof express), // the same as far as it is used here
  'Express 5': () => onExpress(express),
  'Fastify 5': async () => {
    const app = Fastify({ https: TLS }) as unknown as FastifyInstance // whose server is as good as any
    await app.register(wsPlugin)
    app.ws('/ws', echo)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    app.all('/echo', ({ method, body }) => `${method} ${typeof body === 'string' ? body : ''}`)
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { server: app.server, ws: app.ws, close: () => app.close() }
  },
}

function onExpress(framework: typeof express): Promise<HostedApp> {
  const app = websockets<Application>(framework())
  app.ws('/ws', echo)
  app.all('/echo', framework.text({ type: () => true, limit: '1mb' }), ({ method, body }, response) => {
    response.send(`${method} ${typeof body === 'string' ? body : ''}`)
  })
  return served(attach(createServer(TLS, app), app).listen(0, '127.0.0.1'), app.ws)
}

async function served(server: HostedApp['server'], ws: HostedApp['ws']): Promise<HostedApp> {
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    await ws.close()
    await closed
  }
  return { server, ws, close }
}

const NODE = Number.parseInt(process.versions.node, 10)
const LARGE = 'x'.repeat(100_000)
const CHUNKS = `5\r\nhello\r\n186a0\r\n${LARGE}\r\n0\r\n\r\n`

const requests: [what: string, method: string, headers: Record<string, string>, body: string, echoed: string][] = [
  ['without a body', 'GET', {}, '', ''],
  ['with a body of some length', 'POST', { 'content-length': '2' }, 'hi', 'hi'],
  ['with a long body', 'POST', { 'content-length': '100000' }, LARGE, LARGE],
  ['with a body in chunks', 'POST', { 'transfer-encoding': 'chunked' }, CHUNKS, `hello${LARGE}`],
]

for (const [name, begin] of Object.entries(hosts)) {
  t.test(`${name}: TLS carries WebSockets and plain HTTP`, async (t) => {
    const { port } = run(t, await begin())
    const dial = (): RawClient => {
      const client = new RawClient(connect({ port, host: '127.0.0.1', ca: TLS.cert, servername: 'localhost' }))
      t.teardown(() => client.destroy())
      return client
    }
    for (const [what, method, headers, body, echoed] of requests) {
      const client = dial()
      client.write(handshake({ method, path: '/echo', headers: { upgrade: 'h2c', ...headers } }))
      client.write(body)
      const answer = await client.readAnswer()
      t.equal(answer.body, `${method} ${echoed}`, `Upgrade: h2c ${what}`)
      if (answer.headers.connection === 'close' && name === 'node:http' && NODE >= 26) continue // it need not go on
      client.write(handshake({ path: '/echo', headers: { upgrade: undefined, connection: 'close' } }))
      t.equal((await client.readAnswer()).body, 'GET ', `${what}: the connection goes on`)
    }
    const client = dial()
    client.write(Buffer.concat([handshake(), clientFrame(1, 'hi'), BYE]))
    t.equal((await client.readHead()).status, 101)
    t.same(await client.readToEnd(), ['text hi', 'close 1000', 'fin'])
  })
}
