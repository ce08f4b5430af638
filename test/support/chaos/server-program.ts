/** A server as a user would write it: topics over a broker, and clients that subscribe and publish by messages. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Broker, type Connection, createWebSockets, type NodeRouteOptions } from 'sockroute'
import { natsBroker } from 'sockroute/nats'
import { redisBroker } from 'sockroute/redis'
import { type Notice, type Published, type ServerOrders, stamped, type Told, type Wish } from './told.ts'

const TELL_EVERY_MS = 20

const orders = JSON.parse(process.argv[2]) as ServerOrders
const { name, host, port, url, maxBufferedBytes } = orders
const broker: Broker = orders.broker === 'redis' ? redisBroker(url) : natsBroker(url)
const app = createWebSockets({ broker, drain: { code: 1012, spreadMs: 200, deadlineMs: 2_000 } })
const tell = (told: Told): void => void (process.connected && process.send?.(told))

app.topics.on('degraded', ({ reason }) => tell({ kind: 'degraded', at: Date.now(), reason }))
app.topics.on('restored', ({ from, to }) => tell({ kind: 'restored', at: Date.now(), from, to }))

const say = (socket: Connection, notice: Notice): unknown => socket.send(JSON.stringify(notice))

const onDropped: Record<string, number> = {}
let mostUnsent = 0

const DROPPING: NodeRouteOptions = {
  maxBufferedBytes,
  onGap: (socket, gap) => say(socket, { kind: 'gap', gap }),
  onDropped(socket, topic) {
    onDropped[topic] = (onDropped[topic] ?? 0) + 1
    mostUnsent = Math.max(mostUnsent, socket.bufferedAmount)
  },
}
const CLOSING: NodeRouteOptions = { ...DROPPING, slowSubscriber: 'close' }

/** Told in few messages to the parent, and at once for whoever asks. */
let told: Published[] = []
const numbers = new Map<string, number>()

function tellPublished(): void {
  if (told.length > 0) tell({ kind: 'published', messages: told })
  told = []
}
setInterval(tellPublished, TELL_EVERY_MS).unref()

async function publish(socket: Connection, client: string, topic: string, bytes: number): Promise<void> {
  const number = (numbers.get(topic) ?? 0) + 1
  numbers.set(topic, number)
  const at = Date.now()
  let isRejected = false
  try {
    await app.publishConfirmed(topic, stamped(name, topic, number, at, bytes), { except: socket })
  } catch {
    isRejected = true
  }
  told.push({ origin: name, topic, number, at, client, isRejected, tookMs: Date.now() - at })
}

async function subscribe(socket: Connection, topic: string, stay: number): Promise<void> {
  const since = Date.now()
  const isEverywhere = await socket.subscribe(topic)
  // Where it is not so everywhere, all from here on is in a gap, or is there.
  say(socket, { kind: 'subscribed', stay, at: isEverywhere ? Date.now() : since, isEverywhere })
}

function unsubscribe(socket: Connection, topic: string): void {
  socket.unsubscribe(topic)
  say(socket, { kind: 'unsubscribed', topic })
}

const server = createServer()
server.on('upgrade', (request, socket, head) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const client = searchParams.get('client') ?? ''
  app.upgrade(request, socket, head, pathname === '/close' ? CLOSING : DROPPING, (connection: Connection) => {
    connection.on('message', (data) => {
      const wish = JSON.parse(data.toString()) as Wish
      if (wish.kind === 'subscribe') return subscribe(connection, wish.topic, wish.stay)
      if (wish.kind === 'publish') return publish(connection, client, wish.topic, wish.bytes)
      return unsubscribe(connection, wish.topic)
    })
  })
})

process.on('message', () => {
  tellPublished()
  const topics = Object.fromEntries([...app.topics].map((topic) => [topic, app.topics.count(topic)]))
  const { topics: view, connections } = app
  const { rss } = process.memoryUsage()
  const { dropped } = view.counts
  const figures = { state: view.state, rss, sockets: connections.size, topics, dropped, onDropped, mostUnsent }
  tell({ kind: 'figures', figures })
})

process.once('SIGTERM', async () => {
  server.close()
  await app.close()
  tellPublished()
  process.disconnect?.()
})

process.once('disconnect', () => process.exit()) // nobody is there for whom it would go on

server.listen(port, host, () => tell({ kind: 'listening', port: (server.address() as AddressInfo).port }))
