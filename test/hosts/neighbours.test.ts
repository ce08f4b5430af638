/** Other listeners for upgrades on the same server: theirs are theirs, and what is ours they never see. */

import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { Server as SocketIo } from 'socket.io'
import { io } from 'socket.io-client'
import type { Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import type { AppOptions } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import { type AppSpec, echo, type Host } from './host.ts'
import { isOverHttp2 } from './hosts.ts'
import { onEachHost, onEachHttp1Host, type Running } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))

/** A neighbour that keeps a record of the upgrades it was shown. */
interface Neighbour {
  readonly seen: (string | undefined)[]
  move(server: Server): void
}

const listening = (take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): Neighbour => {
  const seen: Neighbour['seen'] = []
  return {
    seen,
    move(server) {
      server.on('upgrade', (request, socket, head) => {
        seen.push(request.url)
        take(request, socket, head)
      })
    },
  }
}

/** As Vite's: it knows its own by the subprotocol. */
function developmentServer(): Neighbour {
  const server = new WebSocketServer({ noServer: true })
  return listening((request, socket, head) => {
    if (request.headers['sec-websocket-protocol'] !== 'vite-hmr') return
    server.handleUpgrade(request, socket, head, (client) => client.send('connected'))
  })
}

/** Hands the bytes on to another server, in whatever protocol that speaks. */
function proxy(target: () => number): Neighbour {
  return listening((request, socket, head) => {
    if (!request.url?.startsWith('/proxied')) return
    const upstream = connect(target(), '127.0.0.1')
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    upstream.write(`${request.method} ${request.url} HTTP/1.1\r\n\r\n`)
    upstream.write(head)
    socket.pipe(upstream).pipe(socket)
  })
}

/** The same with the neighbour there before us, and moving in after. */
async function besides(
  t: Test,
  name: string,
  make: () => Neighbour,
  passUpgrades: AppOptions['passUpgrades'],
  check: (t: Test, app: Running, neighbour: Neighbour) => Promise<void>,
  begin: (spec: AppSpec) => Promise<Running>,
  host: Host,
): Promise<void> {
  for (const order of ['before', 'after']) {
    const neighbour = make()
    const spec: AppSpec = { options: { passUpgrades }, routes: { '/ws': echo } }
    const app = await begin(order === 'before' ? { ...spec, onServer: neighbour.move } : spec)
    if (order === 'after') neighbour.move(app.server)
    await t.test(`${name}, added ${order}`, async (t) => {
      const client = await app.open({}, clientFrame(1, 'ours'), BYE)
      t.same(await client.readToEnd(), ['text ours', 'close 1000', 'fin'])
      const unknown = await app.send({ path: '/unknown' })
      t.equal((await unknown.readAnswer()).status, 404)
      const plain = await app.send({ path: '/http', headers: { upgrade: 'h2c' } })
      t.equal((await plain.readAnswer()).body, 'over http')
      if (host.isFramework) t.same(neighbour.seen, [], 'what is ours it never sees')
      await check(t, app, neighbour)
    })
  }
}

await onEachHost('a development server with its hot reload', async (t, begin, host) => {
  const isReload = ({ headers }: IncomingMessage): boolean => headers['sec-websocket-protocol'] === 'vite-hmr'
  const check = async (t: Test, app: Running, neighbour: Neighbour): Promise<void> => {
    const page = new WebSocket(`ws://127.0.0.1:${app.port}/?token=x`, 'vite-hmr')
    const [message] = (await once(page, 'message')) as [Buffer]
    t.equal(message.toString(), 'connected')
    page.terminate()
    t.equal(neighbour.seen.at(-1), '/?token=x')
  }
  await besides(t, 'a predicate', developmentServer, isReload, check, begin, host)
})

await onEachHttp1Host('a proxy for another protocol', async (t, begin, host) => {
  const target = createServer((socket) => socket.on('error', () => undefined).pipe(socket))
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  t.teardown(() => target.close())
  const port = (): number => (target.address() as AddressInfo).port
  const check = async (t: Test, app: Running): Promise<void> => {
    const client = await app.send({ path: '/proxied/x', headers: { upgrade: 'mine' } }, Buffer.from('with a head'))
    client.end()
    t.equal(await client.rest(), 'GET /proxied/x HTTP/1.1\r\n\r\nwith a head')
  }
  await besides(t, 'a prefix', () => proxy(port), ['/proxied'], check, begin, host)
})

await onEachHost('Socket.IO', async (t, begin) => {
  const polling = isOverHttp2 ? [] : [['polling', 'websocket']] // what Socket.IO answers over HTTP/2 is its own affair
  for (const transports of [['websocket'], ...polling]) {
    const app = await begin({ options: { passUpgrades: ['/socket.io/'] }, routes: { '/ws': echo } })
    const server = new SocketIo(app.server, { serveClient: false })
    server.on('connection', (socket) => socket.on('ask', (text, answer) => answer(`heard ${text}`)))
    const client = io(`http://127.0.0.1:${app.port}`, { transports, reconnection: false })
    t.equal(await client.emitWithAck('ask', 'you'), 'heard you', transports.join())
    if (client.io.engine.transport.name !== 'websocket') await once(client.io.engine as never, 'upgrade')
    const ours = await app.open({}, clientFrame(1, 'ours'))
    t.equal(await ours.readText(), 'ours')
    t.equal(await client.emitWithAck('ask', 'again'), 'heard again')
    ours.write(BYE)
    t.same(await ours.readToEnd(), ['close 1000', 'fin'])
    client.disconnect()
    await new Promise<void>((resolve) => void server.close(() => resolve()))
  }
})

await onEachHost('an upgrade that nobody takes is plain HTTP', async (t, begin, host) => {
  if (!host.isFramework) return
  const app = await begin({ options: { passUpgrades: ['/http', '/nobody'] }, routes: { '/ws': echo } })
  const known = await app.send({ path: '/http' })
  t.equal((await known.readAnswer()).body, 'over http')
  const unknown = await app.send({ path: '/nobody' })
  t.equal((await unknown.readAnswer()).status, 404)
})

await onEachHost(
  'a function for passUpgrades that throws ends that request, and nothing else',
  async (t, begin, host) => {
    if (!host.isFramework) return
    const passUpgrades = ({ url }: IncomingMessage): boolean => new URL(String(url)).pathname === '/mine'
    const app = await begin({ options: { passUpgrades }, routes: { '/ws': echo } })
    const client = await app.send()
    t.equal((await client.readAnswer()).status, 500)
    const plain = await app.send({ path: '/http', headers: { upgrade: undefined } })
    t.equal((await plain.readAnswer()).body, 'over http')
  },
)
