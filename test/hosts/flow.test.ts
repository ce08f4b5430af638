/** A side that is slower than the other slows it down: memory stays bounded, and nobody is blamed for waiting. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import { accepted, type Handler } from './host.ts'
import { describe, type RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const MIB = 1_048_576
const BYE = clientFrame(8, Buffer.of(3, 232))
const BLOCK = clientFrame(2, Buffer.alloc(65_536 - 14))
const TURN = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Short enough that a clock that ran against a waiting peer would show. */
const IMPATIENT = { pingIntervalMs: 30, pongTimeoutMs: 30, messageTimeoutMs: 30 }

/** Writes as fast as the server takes it, and without a buffer of its own. Ends early when the connection does. */
async function flood(client: RawClient, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes && !client.socket.destroyed; sent += BLOCK.length) {
    if (!client.write(BLOCK)) await client.drained()
  }
}

/** Fulfils when a flood has come to a standstill. */
async function standstill({ socket }: RawClient): Promise<void> {
  for (let before = -1; before !== socket.bytesWritten; await delay(20)) before = socket.bytesWritten
}

function gate(): { opened: Promise<void>; open(): void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

await onEachHost('B10 a flood is read only as fast as a slow loop takes it', async (t, begin) => {
  const { opened, open } = gate()
  let taken = 0
  const slow: Handler = async (socket) => {
    for await (const message of socket) {
      await opened
      taken += message.length
      if (taken % (8 * MIB) < 65_536) await TURN()
    }
  }
  const app = await begin({ routes: { '/ws': { options: IMPATIENT, handler: slow } } })
  const sockets = accepted(app.server)
  const client = await app.open()
  const before = process.memoryUsage.rss()
  const flooded = flood(client, 100 * MIB)
  await standstill(client)
  t.ok(sockets[0].bytesRead < 4 * 65_536, `${sockets[0].bytesRead} bytes read while nobody takes them`)
  for (let pings = 0; pings < 4; ) if ((await client.readFrame()).opcode === 9) pings++
  t.ok(process.memoryUsage.rss() - before < 32 * MIB, 'memory')
  open()
  let ahead = 0
  const probe = setInterval(() => {
    ahead = Math.max(ahead, sockets[0].bytesRead - taken)
  }, 1)
  await flooded
  clearInterval(probe)
  client.write(BYE)
  let last = await client.readFrame()
  while (last.opcode === 9) last = await client.readFrame()
  t.equal(last.payload.readUInt16BE(), 1000, 'it is not killed for what we made it wait')
  t.ok(ahead < MIB, `at most ${ahead} bytes ahead of the loop`)
  t.ok(taken >= 100 * MIB - 100_000, `${taken} bytes taken: all`)
})

await onEachHost('what came before a FIN is delivered, however full the queue was when it came', async (t, begin) => {
  const { opened, open } = gate()
  let taken = 0
  const closed = gate()
  const app = await begin({
    routes: {
      '/ws': (socket) => {
        socket.on('message', async () => {
          await opened
          taken++
        })
        socket.on('close', closed.open)
      },
    },
  })
  const sockets = accepted(app.server)
  const client = await app.open()
  client.write(Buffer.concat(Array.from({ length: 1_000 }, () => clientFrame(1, 'x'.repeat(20)))))
  client.end()
  while (sockets[0].bytesRead < 26_000) await TURN()
  for (let i = 0; i < 5; i++) await TURN()
  open()
  await closed.opened
  t.equal(taken, 1_000)
})

await onEachHost('B10 a paused connection holds its peer back, and resumes without loss', async (t, begin) => {
  let paused: Connection | undefined
  let seen = 0
  const app = await begin({
    routes: {
      '/ws': (socket) => {
        socket.pause()
        paused = socket
        socket.on('message', () => {
          if (++seen === 400) socket.send('all')
        })
      },
    },
  })
  const sockets = accepted(app.server)
  const client = await app.open({}, clientFrame(9, 'a ping before it is full'))
  t.equal(await client.readText(), 'a ping before it is full')
  const flooded = flood(client, 400 * BLOCK.length)
  await standstill(client)
  t.same([seen, paused?.isPaused], [0, true])
  t.ok(sockets[0].bytesRead < 4 * 65_536, `${sockets[0].bytesRead} bytes read`)
  paused?.resume()
  await flooded
  t.equal(await client.readText(), 'all')
})

await onEachHost('B01 a peer that takes no answers is not read, and in the end not kept', async (t, begin) => {
  let socket: Connection | undefined
  let most = 0
  const app = await begin({
    routes: {
      '/ws': {
        options: { sendTimeoutMs: 300 },
        handler: (opened) => {
          socket = opened
          opened.on('message', (data) => {
            opened.send(data)
            most = Math.max(most, opened.bufferedAmount)
          })
        },
      },
    },
  })
  const client = await app.open()
  client.socket.pause()
  const before = process.memoryUsage.rss()
  await flood(client, 200 * MIB)
  t.same(await socket?.closed, { code: 1006, reason: '', wasClean: false })
  t.ok(most <= MIB + BLOCK.length, `${most} bytes buffered`)
  t.ok(process.memoryUsage.rss() - before < 48 * MIB, 'memory')
  await app.settled()
  t.equal(app.ws.connections.size, 0)
})

await onEachHost('send returns false above the high-water mark, and drained() waits', async (t, begin) => {
  const results: unknown[] = []
  const app = await begin({
    routes: {
      '/ws': async (socket) => {
        socket.on('drain', () => results.push('drain'))
        results.push(socket.send(Buffer.alloc(1_000)), socket.send(Buffer.alloc(16 * MIB)), socket.bufferedAmount > MIB)
        await socket.drained()
        results.push('drained', socket.bufferedAmount <= MIB / 2)
        socket.send('x', () => socket.close(1000))
      },
    },
  })
  const client = await app.open()
  const seen: string[] = []
  while (seen.at(-1) !== 'close 1000') seen.push(describe(await client.readFrame()))
  client.write(BYE)
  t.same(seen, ['binary of 1000 bytes', `binary of ${16 * MIB} bytes`, 'text x', 'close 1000'])
  t.same(results, [true, false, true, 'drain', 'drained', true])
})

await onEachHost('a hard limit ends a connection that is sent to without waiting', async (t, begin) => {
  const ends: unknown[] = []
  const app = await begin({
    options: { maxUnsentBytes: 4 * MIB },
    routes: {
      '/ws': async (socket) => {
        for (let n = 0; n < 100; n++) socket.send(Buffer.alloc(MIB), (error) => ends.push(error?.name ?? 'sent'))
        ends.push(await socket.closed)
      },
    },
  })
  const client = await app.open()
  client.socket.pause()
  await app.settled()
  await TURN()
  t.match(ends.at(-1), { code: 1006 })
  t.equal(ends.length, 101, 'every callback is called')
})

await onEachHost('§5.5.3 of the pings that cannot be answered at once the newest is answered', async (t, begin) => {
  const heard: string[] = []
  const app = await begin({
    routes: {
      '/ws': {
        options: { maxBufferedBytes: 64 * MIB, maxUnsentBytes: 64 * MIB },
        handler: (socket) => {
          socket.on('ping', (data) => heard.push(data.toString()))
          socket.send(Buffer.alloc(32 * MIB))
        },
      },
    },
  })
  const client = await app.open()
  client.socket.pause()
  for (let n = 0; n < 1_000; n++) client.write(clientFrame(9, `${n}`))
  while (heard.length < 1_000) await TURN()
  client.socket.resume()
  t.equal((await client.readFrame()).payload.length, 32 * MIB)
  t.equal(await client.readText(), '999')
  client.write(BYE)
  t.same(await client.readToEnd(), ['close 1000', 'fin'])
})
