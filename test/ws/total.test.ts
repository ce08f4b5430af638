/** With messages of 100 MiB, what all clients together may make a server hold has to have an end. */

import type { AddressInfo } from 'node:net'
import { totalmem } from 'node:os'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import fastifyWebsocket from '../../adapters/fastify-websocket.ts'
import { WebSocketServer } from '../../adapters/ws.ts'
import { appOptionsOf, WS_DEFAULTS } from '../../adapters/ws-options.ts'
import { describe, type RawClient } from '../hosts/raw-client.ts'
import { clientFrame } from '../protocol/wire.ts'
import { ask, listen } from './serving.ts'

const LIMIT = 300_000
const UNFINISHED = clientFrame(2, Buffer.alloc(200_000), { fin: false })
const ignore = (): void => undefined
/** 1013 "try again later". RFC 6455 §7.4.1 */
const LATER = 'close 1013'

t.test('the default is half of the memory that there is, or less, and a message at least', async (t) => {
  t.ok(Number(appOptionsOf(WS_DEFAULTS).maxTotalBytes) <= Math.max(totalmem() / 2, WS_DEFAULTS.maxPayload))
  t.equal(appOptionsOf({ maxPayload: Number.MAX_SAFE_INTEGER }).maxTotalBytes, Number.MAX_SAFE_INTEGER)
  t.ok(Number(appOptionsOf({ maxPayload: 0 }).maxTotalBytes) <= totalmem() / 2)
})

t.test('less than one message may have is an error', async (t) => {
  t.throws(() => new WebSocketServer({ noServer: true, maxTotalBytes: 1_000 }), /maxTotalBytes \(1000\).* less than/)
  t.throws(
    () => new WebSocketServer({ noServer: true, maxPayload: 'much' as never }),
    /maxPayload takes a whole number/,
  )
})

t.test('over maxTotalBytes whoever holds most is closed with 1013', async (t) => {
  const { port } = await listen(t, { maxTotalBytes: LIMIT, maxPayload: LIMIT, logger: { warn: ignore, error: ignore } })
  await closesOneOfTwo(t, port)
})

t.test('the same with the drop-in for @fastify/websocket', async (t) => {
  const app = Fastify()
  await app.register(fastifyWebsocket, { ws: { maxTotalBytes: LIMIT, maxMessageBytes: LIMIT } })
  app.get('/', { websocket: true }, (socket) => void socket.on('message', () => undefined))
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  await closesOneOfTwo(t, (app.server.address() as AddressInfo).port)
})

async function closesOneOfTwo(t: Test, port: number): Promise<void> {
  const clients = [await open(t, port), await open(t, port)]
  for (const client of clients) client.write(UNFINISHED)
  t.equal(await Promise.race(clients.map(async (client) => describe(await client.readFrame()))), LATER)
}

async function open(t: Test, port: number): Promise<RawClient> {
  const client = await ask(t, port, { path: '/' })
  t.equal((await client.readHead()).status, 101)
  return client
}
