/** Topics on every host: who gets what, compressed and not, and one that does not read among many. */

import { constants, inflateRawSync } from 'node:zlib'
import { Deflater } from '../../src/extensions/deflater.ts'
import type { AppOptions, Connection } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import type { Handler } from './host.ts'
import type { RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const OFFER = { headers: { 'sec-websocket-extensions': 'permessage-deflate' } }
const ONE_KIB = JSON.stringify(Array.from({ length: 128 }, (_, n) => `line ${n * n}`))

/** In the one room; what it says goes to the others there. */
const chat: Handler = async (socket) => {
  await socket.subscribe('room')
  socket.send('in')
  socket.on('message', (data) => {
    socket.publish('room', data.toString())
  })
}

async function enter(open: () => Promise<RawClient>): Promise<RawClient> {
  const client = await open()
  await client.readFrame()
  return client
}

await onEachHost('subscribe, publish from a socket and from the app, and leave', async (t, begin) => {
  const app = await begin({ routes: { '/ws': chat, '/elsewhere': (socket) => socket.send('in') } })
  const clients = [await enter(() => app.open()), await enter(() => app.open()), await enter(() => app.open())]
  const outside = await enter(() => app.open({ path: '/elsewhere' }))
  t.same([[...app.ws.topics], app.ws.topics.count('room'), app.ws.topics.state], [['room'], 3, 'local'])
  clients[0].write(clientFrame(1, 'from the first'))
  for (const client of clients.slice(1)) t.equal(await client.readText(), 'from the first')
  t.equal(app.ws.publish('room', 'from the app'), 3)
  for (const client of clients) t.equal(await client.readText(), 'from the app')
  const [first] = [...app.ws.connections].filter(({ topics }) => topics.has('room'))
  t.equal(app.ws.publish('room', Buffer.of(1, 2), { except: first as Connection }), 2)
  t.same(await app.ws.publishConfirmed('room', 'sure'), { local: 3 })
  const closed = first.closed
  clients[0].reset()
  await closed
  t.equal(app.ws.topics.count('room'), 2)
  for (const client of clients.slice(1)) client.write(clientFrame(8, Buffer.of(3, 232)))
  t.same(await clients[1].readToEnd(), ['binary \x01\x02', 'text sure', 'close 1000', 'fin'])
  t.same(await clients[2].readToEnd(), ['binary \x01\x02', 'text sure', 'close 1000', 'fin'])
  outside.write(clientFrame(8, Buffer.of(3, 232)))
  t.same(await outside.readToEnd(), ['close 1000', 'fin'])
  t.same([app.ws.topics.size, app.ws.topics.counts.published], [0, 4])
})

await onEachHost('options of topics are the app’s and the route’s', async (t, begin) => {
  const told: string[] = []
  const flood: Handler = (socket) => {
    for (let i = 0; i < 3; i++) {
      try {
        void socket.subscribe(`topic ${i}`)
      } catch (error) {
        told.push(String(error))
      }
    }
    socket.send(`${socket.topics.size}`)
  }
  const app = await begin({
    options: { maxTopics: 2 },
    routes: { '/ws': flood, '/more': { options: { maxTopics: 3 }, handler: flood } },
  })
  t.equal(await (await app.open()).readText(), '2')
  t.equal(await (await app.open({ path: '/more' })).readText(), '3')
  t.match(told, [/^RangeError: .*maxTopics/])
  t.equal(app.ws.limitsHit.maxTopics, 1)
})

/** All compressed messages, in their order, as one text. RFC 7692 §7.2.2 */
function inflated(payloads: readonly Buffer[]): string {
  const stream = Buffer.concat(payloads.flatMap((payload) => [payload, Buffer.from('0000ffff', 'hex')]))
  return inflateRawSync(stream, { finishFlush: constants.Z_SYNC_FLUSH }).toString()
}

const compressions: [name: string, compression: AppOptions['compression'], deflatedFor100: number][] = [
  ['without context takeover: once for all', true, 1],
  ['with context takeover: for each', { contextTakeover: true }, 100],
]

for (const [name, compression, deflatedFor100] of compressions) {
  await onEachHost(`compressed ${name}, between a socket's own messages`, async (t, begin) => {
    const app = await begin({
      options: { compression },
      routes: {
        '/ws': (socket) => {
          void socket.subscribe('room')
          socket.send(ONE_KIB)
        },
      },
    })
    const clients: RawClient[] = []
    for (let i = 0; i < 100; i++) clients.push(await app.open(OFFER))
    const seen = await Promise.all(clients.map(async (client) => [(await client.readFrame()).payload]))
    let deflated = 0
    const { begin: original } = Deflater.prototype
    Deflater.prototype.begin = function (data) {
      deflated++
      Reflect.apply(original, this, [data])
    }
    t.equal(app.ws.publish('room', `[${ONE_KIB}]`), 100)
    Deflater.prototype.begin = original
    t.equal(deflated, deflatedFor100)
    for (const socket of app.ws.connections) socket.send(`{${ONE_KIB}}`)
    for (const [at, client] of clients.entries()) {
      for (let i = 0; i < 2; i++) {
        const { rsv1, payload } = await client.readFrame()
        seen[at].push(payload)
        if (!rsv1) t.fail('it was not compressed')
      }
    }
    const expected = `${ONE_KIB}[${ONE_KIB}]{${ONE_KIB}}`
    t.ok(seen.every((payloads) => inflated(payloads) === expected))
  })
}

await onEachHost('one that does not read, among others', async (t, begin) => {
  let dropped = 0
  const app = await begin({
    options: { maxBufferedBytes: 65_536, onDropped: () => void dropped++ },
    routes: { '/ws': chat },
  })
  const slow = await enter(() => app.open())
  const others = [await enter(() => app.open()), await enter(() => app.open())]
  slow.socket.pause()
  const block = Buffer.alloc(65_536, 'x')
  let published = 0
  for (; dropped < 10 && published < 1_000; published++) {
    app.ws.publish('room', block)
    for (const client of others) t.ok((await client.readFrame()).payload.equals(block))
  }
  t.ok(dropped >= 10, `${dropped} of ${published}`)
  t.equal(app.ws.topics.counts.dropped, dropped)
  t.equal(app.ws.limitsHit.slowSubscriber, dropped)
  for (const socket of app.ws.connections) t.ok(socket.bufferedAmount < 200_000, `${socket.bufferedAmount}`)
  slow.socket.resume()
  for (let i = 0; i < published - dropped; i++) t.equal((await slow.readFrame()).payload.length, block.length)
})
