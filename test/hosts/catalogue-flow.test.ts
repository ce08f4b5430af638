/** Clients that take nothing, that are slow, or that are many; beyond flow.test.ts and closing.test.ts. */

import { setTimeout as delay } from 'node:timers/promises'
import { type Connection, prepare } from '../../src/index.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import { echo, type Handler, type Hook } from './host.ts'
import type { RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const KIB = 1_024
const MIB = 1_048_576
const BYE = clientFrame(8, Buffer.of(3, 232))
const TURN = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

await onEachHost('B02 who does not read a broadcast ends alone, at a limit that is counted', async (t, begin) => {
  const app = await begin({ options: { maxUnsentBytes: MIB, sendTimeoutMs: 60_000 }, routes: { '/ws': echo } })
  const honest = await Promise.all(Array.from({ length: 8 }, () => app.open()))
  const slow = await Promise.all(Array.from({ length: 2 }, () => app.open()))
  for (const { socket } of slow) socket.pause()
  const news = prepare(Buffer.alloc(64 * KIB))
  let most = 0
  let rounds = 0
  for (; app.ws.limitsHit.maxUnsentBytes < 2 && rounds < 2_000; rounds++) {
    for (const socket of app.ws.connections) {
      socket.send(news)
      most = Math.max(most, socket.bufferedAmount)
    }
    for (const client of honest) await client.readFrame()
  }
  t.equal(app.ws.limitsHit.maxUnsentBytes, 2, `after ${rounds} rounds`)
  t.ok(most < MIB + 2 * 64 * KIB, `at most ${most} bytes unsent for one`)
  await TURN()
  t.equal(app.ws.connections.size, honest.length)
  for (const client of honest) client.write(BYE)
  for (const client of honest) t.same(await client.readToEnd(), ['close 1000', 'fin'])
})

/** All that can be called, in every order of two. */
const calls: Record<string, (socket: Connection) => unknown> = {
  close: (socket) => socket.close(),
  'close with a code': (socket) => socket.close(4000, 'bye'),
  terminate: (socket) => socket.terminate(),
  send: (socket) => socket.send('late'),
  'a part': (socket) => socket.send('late', { fin: false }),
  ping: (socket) => socket.ping(),
  pong: (socket) => socket.pong('late'),
  pause: (socket) => socket.pause(),
  resume: (socket) => socket.resume(),
}

await onEachHost(
  'B09 whatever is called twice, or after the end, harms nothing and is counted nowhere',
  async (t, begin) => {
    let pair: [string, string] = ['', '']
    const results: unknown[] = []
    const both = (socket: Connection): void => {
      for (const name of pair) calls[name](socket)
    }
    const handler: Handler = (socket) => {
      socket.on('message', () => both(socket))
      socket.on('ping', () => both(socket))
      socket.on('close', () => {
        both(socket)
        results.push(socket.bufferedAmount, socket.readyState)
      })
    }
    const app = await begin({ options: { closeTimeoutMs: 1_000 }, routes: { '/ws': handler } })
    for (const first of Object.keys(calls)) {
      for (const second of Object.keys(calls)) {
        pair = [first, second]
        const client = await app.open({}, clientFrame(1, 'now'), clientFrame(9, ''), BYE)
        client.end()
        await app.settled()
        t.same(results.splice(0), [0, 3], pair.join(', then '))
        client.destroy()
      }
    }
    t.same([app.log, app.ws.connections.size], [[], 0])
  },
)

await onEachHost(
  'A10 what was sent during a hook that denies is thrown away, and the answer arrives',
  async (t, begin) => {
    let deny: (() => void) | undefined
    const hook: Hook = async ({ reply }) => {
      await new Promise<void>((resolve) => {
        deny = resolve
      })
      reply(403, 'no')
    }
    const app = await begin({ routes: { '/ws': { hooks: [hook], handler: echo } } })
    const client = await app.send()
    const block = clientFrame(2, Buffer.alloc(64 * KIB))
    for (let n = 0; n < 160; n++) client.write(block)
    while (deny === undefined) await TURN()
    await delay(20) // and some of it comes
    deny()
    const { status, body } = await client.readAnswer()
    t.same([status, body, await client.rest(), await client.ended], [403, 'no', '', 'fin'])
    client.end()
    await app.settled()
  },
)

await onEachHost(
  'X03 a connection may be ended when its user may no longer, and is at its greatest age',
  async (t, begin) => {
    const app = await begin({
      routes: { '/ws': echo, '/short': { options: { maxLifetimeMs: 100 }, handler: echo } },
    })
    const client = await app.open()
    for (const socket of app.ws.connections) socket.close(4401, 'sign in again')
    t.equal((await client.readFrame()).payload.readUInt16BE(), 4401)
    client.destroy()
    const short = await app.open({ path: '/short' })
    t.equal((await short.readFrame()).payload.readUInt16BE(), 1001)
    t.equal(app.ws.limitsHit.maxLifetimeMs, 1)
  },
)

await onEachHost('R02 of several proxies the address is the right-most that is not trusted', async (t, begin, host) => {
  if (!host.isFramework) return // it knows no proxies
  const trustProxy = (_address: string, hop: number): boolean => hop === 0
  const app = await begin({ routes: { '/ws': echo }, options: { maxConnectionsPerAddress: 1 }, trustProxy })
  const from = (addresses: string) => ({ headers: { 'x-forwarded-for': addresses } })
  await app.open(from('192.0.2.1'))
  await app.open(from('192.0.2.1, 192.0.2.2'))
  for (const forged of ['203.0.113.9, 192.0.2.1', '192.0.2.2', 'unknown, 192.0.2.2']) {
    t.equal((await (await app.send(from(forged))).readAnswer()).status, 429, forged)
  }
})

await onEachHost('R04 a loop that is blocked longer than all timeouts ends nobody', async (t, begin) => {
  const impatient = { pingIntervalMs: 60, pongTimeoutMs: 60, messageTimeoutMs: 60, sendTimeoutMs: 60 }
  const app = await begin({ options: impatient, routes: { '/ws': echo } })
  const [begun, rest] = [hex('81'), hex('8001020304')]
  const clients = await Promise.all(Array.from({ length: 50 }, () => app.open({}, begun)))
  const until = performance.now() + 300
  while (performance.now() < until);
  for (const client of clients) client.write(rest)
  await TURN()
  t.equal(app.ws.connections.size, clients.length)
  for (const client of clients) while ((await client.readFrame()).opcode === 9);
})

await onEachHost('R05 a text of 100 MB is refused by its header; the largest one is taken', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const large = await app.open({}, hex('81ff0000000005f5e10001020304'))
  t.same(await large.readToEnd(), ['close 1009', 'fin'])
  const client = await app.open({}, clientFrame(1, '€'.repeat(349_525)))
  t.equal((await client.readFrame()).payload.length, 1_048_575)
})

await onEachHost('R06 unfinished messages of all together have a limit, and who holds most goes', async (t, begin) => {
  const app = await begin({ options: { maxTotalBytes: 4 * MIB }, routes: { '/ws': echo } })
  const begun = Buffer.concat([hex('82ff000000000010000001020304'), Buffer.alloc(900 * KIB)])
  const clients = await Promise.all(Array.from({ length: 12 }, () => app.open({}, begun)))
  const honest = await app.open({}, clientFrame(1, 'small'))
  t.equal(await honest.readText(), 'small')
  while (app.ws.limitsHit.maxTotalBytes < 8) await TURN()
  t.equal(app.ws.limitsHit.maxTotalBytes, 8, '4 of 900 KiB are within 4 MiB')
  const closed = clients.map((client) => client.readFrame().then(({ payload }) => payload.readUInt16BE()))
  t.equal(await Promise.race(closed), 1013)
  for (const client of clients) client.destroy()
  await Promise.allSettled(closed)
})

/** Writes as fast as it is taken, until the connection is gone. */
async function pour(client: RawClient, bytes: Buffer): Promise<void> {
  while (!client.socket.destroyed) {
    if (!client.write(bytes)) await client.drained()
    else await TURN()
  }
}

await onEachHost('R08 honest clients among floods, bombs and clients that never read', async (t, begin) => {
  const app = await begin({ options: { compression: true }, routes: { '/ws': echo } })
  const honest = await Promise.all(Array.from({ length: 20 }, () => app.open()))
  const hostile = await Promise.all(Array.from({ length: 3 }, () => app.open()))
  for (const { socket } of hostile) socket.pause()
  const floods = [
    pour(hostile[0], Buffer.concat(Array<Buffer>(5_000).fill(clientFrame(1, 'x')))),
    pour(hostile[1], Buffer.concat(Array<Buffer>(5_000).fill(clientFrame(9, '')))),
    pour(hostile[2], clientFrame(2, Buffer.alloc(64 * KIB))),
  ]
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const waits: number[] = []
  for (let round = 0; round < 10; round++) {
    const before = turns
    for (const client of honest) client.write(clientFrame(1, `${round}`))
    for (const client of honest) if ((await client.readText()) !== `${round}`) t.fail(`round ${round}`)
    waits.push(turns - before)
  }
  isOver = true
  t.ok(Math.max(...waits) < 100, `an answer to all took at most ${Math.max(...waits)} turns of the event loop`)
  for (const client of hostile) client.destroy()
  await Promise.all(floods)
  for (const client of honest) client.write(BYE)
  for (const client of honest) t.same(await client.readToEnd(), ['close 1000', 'fin'])
})
