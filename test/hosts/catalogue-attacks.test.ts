/** What an attacker tries who has read the source: rows of our own, beside those of the catalogue. */

import type { Server } from 'node:http'
import { clientFrame } from '../protocol/wire.ts'
import { accepted, echo, type Handler, type Hook } from './host.ts'
import { isOverHttp2 } from './hosts.ts'
import { type Changes, handshake, type RawClient } from './raw-client.ts'
import { onEachHost, onEachHttp1Host, type Running } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))
const TURN = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The status of the answer; 0 where there is none before the end. */
async function statusOf(app: Running, changes: Changes): Promise<number> {
  const client = await app.send(changes)
  const status = await client.readHead().then(
    (head) => head.status,
    () => 0,
  )
  client.destroy()
  return status
}

const targets = [
  '/%',
  '/ws%',
  '/ws/%E0%A4%A',
  '/ws?%',
  '//ws',
  '//evil.example/ws',
  '/./ws',
  '/ws/../ws',
  '/ws;a=b',
  '/ws%2f',
  '/ws%00',
  '/WS%0d%0aSet-Cookie:%20a=b',
  'http://h/ws',
  'http://evil.example/ws',
  'http://[',
  '*',
  '?',
  '/__proto__',
  '/constructor',
  `/${'a/'.repeat(4_000)}`,
]

await onEachHost('request targets of every kind get an answer, and never end the process', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo, '/param/:one': echo } })
  for (const path of [...targets, `/param/${'x'.repeat(500)}`, '/param/%ff']) {
    const status = await statusOf(app, { path })
    const isKnown = [101, 400, 404, 414, 500].includes(status) || (isOverHttp2 && status === 0) // RST_STREAM for what is no path
    t.ok(isKnown, `${path.slice(0, 40)}: ${status}`)
  }
  t.equal(await statusOf(app, {}), 101)
})

const bodies: [name: string, headers: Record<string, string | string[]>][] = [
  ['a length of 00', { 'content-length': '00' }],
  ['a length of +0', { 'content-length': '+0' }],
  ['a length of 0, 7', { 'content-length': ['0', '7'] }],
  ['the transfer coding identity', { 'transfer-encoding': 'identity' }],
  ['an empty transfer coding', { 'transfer-encoding': '' }],
  ['a transfer coding in disguise', { 'transfer-encoding': 'xchunked' }],
  ['two hosts', { host: ['h', 'evil.example'] }],
]

await onEachHttp1Host('what might be a body to somebody on the way, or another host, is refused', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  for (const [name, headers] of bodies) t.equal(await statusOf(app, { headers }), 400, name)
})

await onEachHost('an expectation, a trailer or a second handshake changes nothing', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  for (const expect of ['100-continue', 'a miracle']) {
    const client = await app.send({ headers: { expect } }, clientFrame(1, 'a'), BYE)
    const { status } = await client.readHead()
    t.ok([101, 417].includes(status), `${expect}: ${status}`)
    if (status === 101) t.same(await client.readToEnd(), ['text a', 'close 1000', 'fin'])
  }
  t.equal(await statusOf(app, { headers: { te: 'trailers', trailer: 'Origin' } }), 101)
  const twice = await app.open({}, handshake(), BYE)
  t.same(await twice.readToEnd(), ['close 1002', 'fin'])
})

const answers101: Record<string, Hook> = {
  '/reply': ({ reply }) => reply(101),
  '/async': async ({ reply }) => {
    await TURN()
    reply(101, 'switch!')
  },
  '/status': ({ setStatus }) => setStatus(101),
}

await onEachHost('a hook that says 101 itself upgrades nothing', async (t, begin) => {
  let opened = 0
  const handler = (): void => void opened++
  const routes = Object.entries(answers101).map(([path, hook]) => [path, { hooks: [hook], handler }])
  const app = await begin({ options: { handshakeTimeoutMs: 200 }, routes: Object.fromEntries(routes) })
  for (const path of Object.keys(answers101)) {
    const client = await app.send({ path }, clientFrame(1, 'hello'))
    const head = await client.readHead()
    t.equal(head.headers['sec-websocket-accept'], undefined, `${path}: ${head.status}`)
    await client.ended
    client.destroy()
  }
  await app.settled()
  t.same([opened, app.ws.connections.size], [0, 0])
})

await onEachHttp1Host('a refused client that does not read its answer is not waited for', async (t, begin) => {
  const large: Hook = ({ reply }) => reply(403, 'x'.repeat(20_000_000))
  const app = await begin({
    options: { handshakeTimeoutMs: 200 },
    routes: { '/ws': { hooks: [large], handler: echo } },
  })
  const client = await app.send()
  client.socket.pause()
  await app.settled()
  t.equal(app.ws.connections.size, 0)
})

/** Writes as fast as it is taken, until the connection is gone or all is out. */
async function pour(client: RawClient, bytes: Buffer, times: number): Promise<void> {
  for (let n = 0; n < times && !client.socket.destroyed; n++) if (!client.write(bytes)) await client.drained()
}

await onEachHost('a flood of empty messages to a handler that takes none is held back', async (t, begin) => {
  let seen = 0
  let socket: Parameters<Handler>[0] | undefined
  const handler: Handler = (opened) => {
    socket = opened
    opened.pause()
    opened.on('message', () => seen++)
  }
  const app = await begin({ routes: { '/ws': handler } })
  const sockets = accepted(app.server)
  const client = await app.open()
  const empty = Buffer.alloc(600_000, clientFrame(1, ''))
  const poured = pour(client, empty, 20)
  for (let turn = 0; turn < 200; turn++) await TURN()
  t.ok(sockets[0].bytesRead < 400_000, `${sockets[0].bytesRead} bytes read`)
  socket?.resume()
  await poured
  while (seen < 2_000_000) await TURN()
  t.equal(seen, 2_000_000, 'none is lost')
})

await onEachHost('whoever says good-bye and goes on sending is gone in its time', async (t, begin) => {
  const app = await begin({ options: { closeTimeoutMs: 200 }, routes: { '/ws': echo } })
  const client = await app.open({}, BYE)
  await pour(client, clientFrame(2, Buffer.alloc(65_000)), Infinity)
  await app.settled()
  t.equal(app.ws.limitsHit.closeTimeoutMs, 1)
})

await onEachHttp1Host('a server that ends idle connections ends no WebSocket', async (t, begin) => {
  const onServer = (server: Server): void => {
    server.keepAliveTimeout = 30
    server.timeout = 30
  }
  const app = await begin({ onServer, options: { pingIntervalMs: 100 }, routes: { '/ws': echo } })
  /** On a busy machine the server may end one before it has read from it: then another is as good. */
  const opened = async (): Promise<RawClient> => {
    const client = await app.connect()
    client.write(handshake({ path: '/http', headers: { upgrade: undefined, connection: 'keep-alive' } }))
    const plain = await client.readAnswer().catch(() => undefined)
    if (plain !== undefined) client.write(handshake())
    const head = plain && (await client.readHead().catch(() => undefined))
    if (head === undefined) return opened()
    t.same([plain?.status, head.status], [200, 101])
    return client
  }
  const client = await opened()
  t.equal((await client.readFrame()).opcode, 9, 'after more idle time than the server allows')
})

await onEachHost('a client that ends its side at once is heard, and leaves nothing', async (t, begin) => {
  const heard: string[] = []
  const handler: Handler = (socket) => {
    socket.on('message', (data) => heard.push(data.toString()))
    socket.on('close', (code) => heard.push(`close ${code}`))
  }
  const app = await begin({ routes: { '/ws': handler } })
  const client = await app.connect()
  client.socket.end(Buffer.concat([handshake(), clientFrame(1, 'a'), clientFrame(1, 'b')]))
  await client.ended
  await app.settled()
  t.ok(['', 'a,b,close 1006'].includes(heard.join()), `${heard.join()}: all of it, or no connection`)
})

await onEachHost('an origin cannot write into the log what it likes', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  for (const origin of ['https://evil\x9b2J.example', 'https://\xe9vil.example', 'https://e"vil\\.example']) {
    t.equal(await statusOf(app, { headers: { origin } }), 403)
    const { message } = app.log.splice(0)[0]
    t.match(message, /^[ -~]+$/, message)
  }
})
