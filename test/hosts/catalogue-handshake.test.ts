/** Handshakes as a hostile client sends them, beyond handshake.test.ts and refusal.test.ts: what is answered. */

import type { Server } from 'node:http'
import { createWebSockets } from '../../src/index.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import { type Exchange, echo, type Hook } from './host.ts'
import { type Changes, handshake, type RawClient } from './raw-client.ts'
import { onEachHost, type Running } from './suite.ts'

const SECRET = handshake({ path: '/secret', headers: { upgrade: undefined, connection: 'keep-alive' } })
const field = (name: string, value: string | string[] | undefined): Changes => ({ headers: { [name]: value } })
const TURN = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The status of the answer to `bytes`; 0 where there is none before the end. */
async function statusOf(app: Running, bytes: Buffer | string): Promise<number> {
  const client = await app.connect()
  client.write(bytes)
  const status = await client.readHead().then(
    (head) => head.status,
    () => 0,
  )
  client.destroy()
  return status
}

await onEachHost('H02 CONNECT is left to Node, which ends the connection without an answer', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  t.equal(await statusOf(app, handshake({ method: 'CONNECT' })), 0)
  t.equal(await statusOf(app, handshake({ method: 'CONNECT', path: 'h:443' })), 0)
  t.equal(await statusOf(app, handshake()), 101, 'others are served')
})

await onEachHost('H03 only HTTP/1.1 can become a WebSocket', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  for (const [version, allowed] of [
    ['1.0', [505]],
    ['2.0', [400, 505]],
    ['1.2', [400, 505]],
    ['0.9', [400, 505]],
  ] as const) {
    const status = await statusOf(app, handshake({ version }))
    t.ok((allowed as readonly number[]).includes(status), `HTTP/${version}: ${status}`)
  }
})

await onEachHost('H11 a path for WebSockets alone answers plain HTTP with 404 or 426', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  for (const changes of [
    field('connection', 'close'),
    field('connection', undefined),
    field('upgrade', undefined),
    field('upgrade', 'h2c'),
    field('upgrade', 'websockets'),
  ]) {
    const status = await statusOf(app, handshake(changes))
    t.ok(status === 404 || status === 426, `${JSON.stringify(changes.headers)}: ${status}`)
  }
})

await onEachHost('H18 lines that end in a bare LF, and a flood of empty lines', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const bare = handshake().toString().replaceAll('\r\n', '\n')
  t.equal(await statusOf(app, bare), 400)
  const client = await app.connect()
  client.write(Buffer.concat([Buffer.from('\r\n'.repeat(1_000)), handshake()]))
  const { status } = await client.readHead()
  t.ok([101, 400].includes(status), `RFC 9112 §2.2 lets a server skip empty lines: ${status}`)
})

await onEachHost('H21 a URL as long as Node takes it, and longer', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  t.equal(await statusOf(app, handshake({ path: `/ws?${'a'.repeat(8_192)}` })), 101, 'a query of 8 KB is a query')
  const path = await statusOf(app, handshake({ path: `/${'a'.repeat(8_192)}` }))
  t.ok([404, 414].includes(path), `a path of 8 KB is no route: ${path}`)
  t.equal(await statusOf(app, handshake({ path: `/ws?${'a'.repeat(20_000)}` })), 431)
})

await onEachHost('H22 2,000 empty header fields hide neither an origin nor an address', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const hidden = { origin: 'https://evil.example', 'x-forwarded-for': '192.0.2.1' }
  t.equal(await statusOf(app, handshake({ headers: { i: Array<string>(100).fill('') } })), 431)
  t.equal(app.ws.limitsHit.maxHeaderFields, 1)
  const headers = { i: Array<string>(2_000).fill(''), ...hidden }
  t.equal(await statusOf(app, handshake({ headers })), 431) // some lines of Node answer so by themselves
  t.same(app.log, [])
})

await onEachHost('H23 2,050 empty header fields in front of the handshake’s own', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const [line, ...own] = handshake().toString().split('\r\n')
  const status = await statusOf(app, [line, ...Array<string>(2_050).fill('i:'), ...own].join('\r\n'))
  t.ok([400, 426, 431].includes(status), `${status}`)
  t.equal(await statusOf(app, handshake()), 101, 'and the process lives')
})

/** Node looks so often for clients that have had their time. */
const watchful = (server: Server): void => {
  Object.assign(server, { connectionsCheckingInterval: 20 })
}

await onEachHost('H25 H26 a client that never finishes its handshake is Node’s to end', async (t, begin) => {
  const app = await begin({ onServer: watchful, routes: { '/ws': echo } })
  const open = await app.open()
  const begun = 'GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n'
  const slow: RawClient[] = []
  for (let n = 0; n < 30; n++) {
    const client = await app.connect()
    if (n % 3 > 0) client.write(begun)
    slow.push(client)
  }
  const drip = setInterval(() => {
    for (const [at, client] of slow.entries()) if (at % 3 === 2) client.write('x')
  }, 20)
  t.equal(await statusOf(app, handshake()), 101, 'others are served meanwhile')
  // As an operator lowers them; not before, as on a busy machine an honest handshake takes as long as that.
  Object.assign(app.server, { headersTimeout: 100, requestTimeout: 100 })
  await Promise.all(slow.map(({ ended }) => ended))
  clearInterval(drip)
  for (const client of slow) client.destroy()
  open.write(clientFrame(1, 'still here'))
  t.equal(await open.readText(), 'still here', 'and none of these times is a WebSocket’s')
  open.destroy()
  await app.settled()
})

const forged: [name: string, hook: Hook, statuses: number[]][] = [
  ['a header with a line end', ({ setHeader }) => setHeader('X', 'a\r\nSet-Cookie: p=1'), [500]],
  // Express has taken the status from the reply already, when it fails.
  ['a reply with such a header', ({ reply }) => reply(401, 'no', { Y: 'a\r\nSet-Cookie: p=1' }), [500, 401]],
  ['status 99', ({ reply }) => reply(99), [500]],
  ['status 1000', ({ reply }) => reply(1_000), [500]],
]

await onEachHost('H28 what a hook makes of what it was given injects nothing', async (t, begin) => {
  const routes = Object.fromEntries(forged.map(([, hook], at) => [`/${at}`, { hooks: [hook], handler: echo }]))
  const app = await begin({ routes })
  for (const [at, [name, , statuses]] of forged.entries()) {
    const client = await app.send({ path: `/${at}` })
    const { status, headers } = await client.readHead()
    t.ok(statuses.includes(status), `${name}: ${status}`)
    t.same([headers['set-cookie'], headers.upgrade, headers['sec-websocket-accept']], Array(3).fill(undefined), name)
    t.equal(headers.connection, 'close', name)
    client.destroy()
  }
  const refuse = (status: number) => () => createWebSockets().refuse({} as never, {} as never, Buffer.alloc(0), status)
  for (const status of [999, 101, 200, 399, 600, 404.5]) t.throws(refuse(status), /from 400 to 599/)
})

await onEachHost('H29 H30 lists that are malformed, or longer than any honest one', async (t, begin) => {
  const app = await begin({ options: { compression: true }, routes: { '/ws': echo } })
  for (const value of ['a,,b', ',a', 'a,', ',', 'a;b', [...Array(33).keys()].join()]) {
    t.equal(await statusOf(app, handshake(field('sec-websocket-protocol', value))), 400, `subprotocols ${value}`)
  }
  const twice = handshake(field('sec-websocket-protocol', ['a', 'a']))
  t.equal(await statusOf(app, twice), 400, 'the same subprotocol on two lines')
  const offers = Array<string>(500).fill('permessage-deflate').join()
  for (const value of [',', ';', 'x;', 'x; =1', 'x; a="', offers, `x${'; a'.repeat(500)}`]) {
    t.equal(await statusOf(app, handshake(field('sec-websocket-extensions', value))), 400, `extensions ${value}`)
  }
})

await onEachHost('H31 names of object properties are no extensions, and no parameters of one', async (t, begin) => {
  for (const compression of [false, true]) {
    const app = await begin({ options: { compression }, routes: { '/ws': echo } })
    for (const offered of [
      '__proto__',
      'constructor',
      'hasOwnProperty, toString; valueOf=1',
      'permessage-deflate; __proto__=1',
      'permessage-deflate; constructor',
    ]) {
      const client = await app.send(field('sec-websocket-extensions', offered))
      const { status, headers } = await client.readHead()
      t.same([status, headers['sec-websocket-extensions']], [101, undefined], `${offered} (${compression})`)
    }
    t.equal(await statusOf(app, handshake(field('sec-websocket-extensions', ',;constructor'))), 400)
  }
})

await onEachHost('H38 what lies behind a denied handshake is neither read nor routed', async (t, begin) => {
  const urls: (string | undefined)[] = []
  const onServer = (server: Server): void => void server.on('request', ({ url }) => urls.push(url))
  const deny = async ({ reply }: Exchange): Promise<void> => {
    await TURN()
    reply(403, 'not you')
  }
  const app = await begin({ onServer, routes: { '/ws': { hooks: [deny], handler: echo } } })
  const client = await app.send({}, clientFrame(1, 'early'), SECRET)
  const { status, headers, body } = await client.readAnswer()
  t.match([status, headers.connection, headers['content-length'], body], [403, 'close', '7', 'not you'])
  client.write(Buffer.concat([handshake(), SECRET, hex('ffffffff')]))
  t.same([await client.rest(), await client.ended], ['', 'fin'], 'a proxy that tunnels on finds a dead socket')
  t.notOk(urls.includes('/secret'))
})
