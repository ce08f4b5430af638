/** What handlers throw ends their own connection, and nothing else. Tap fails on what is uncaught or unhandled. */

import type { Connection } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import { echo, type Handler } from './host.ts'
import type { RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const fail = (): never => {
  throw new Error('thrown by a handler')
}
const reject = (): Promise<never> => Promise.reject(new Error('rejected by a handler'))
const later = async (): Promise<never> => {
  await new Promise((resolve) => setImmediate(resolve))
  return fail()
}
const HI = clientFrame(1, 'hi')

/** Each fails once its client has said hi, if not before. */
const failing: Record<string, Handler> = {
  '/open-throws': fail,
  '/open-rejects': reject,
  '/open-rejects-later': later,
  '/message-throws': (socket) => void socket.on('message', fail),
  '/message-rejects': (socket) => void socket.on('message', reject),
  '/message-rejects-later': (socket) => void socket.on('message', later),
  '/once-throws': (socket) => void socket.once('message', fail),
  '/onmessage-throws': (socket) => {
    socket.onmessage = fail
  },
  '/addEventListener-rejects': (socket) => socket.addEventListener('message', { handleEvent: reject }),
  '/ping-throws': (socket) => void socket.on('ping', fail),
  '/ping-rejects': (socket) => void socket.on('ping', reject),
  '/loop-throws': async (socket) => {
    for await (const _ of socket) fail()
  },
  '/callback-throws': (socket) => void socket.send('', fail),
  '/ping-callback-throws': (socket) => socket.ping('', false, fail),
  '/drain-throws': (socket) => {
    socket.on('drain', fail)
    socket.send(Buffer.alloc(8_388_608))
  },
  '/misuse': (socket) => socket.close(1006),
  '/no-error': () => Promise.reject(undefined),
}

/** Reads up to the close frame, whatever is sent before. */
async function closeFrame(client: RawClient): Promise<[code: number, reason: string]> {
  for (;;) {
    const { opcode, payload } = await client.readFrame()
    if (opcode === 8) return [payload.readUInt16BE(), payload.toString('utf8', 2)]
  }
}

await onEachHost('A01 A02 A03 A04 what a handler throws closes with 1011, and no detail', async (t, begin) => {
  const app = await begin({ routes: { ...failing, '/live': echo } })
  const witness = await app.open({ path: '/live' })
  for (const path of Object.keys(failing)) {
    const before = app.log.length
    const client = await app.open({ path }, clientFrame(9, ''), HI)
    t.same(await closeFrame(client), [1011, ''], path)
    client.write(clientFrame(8, Buffer.of(3, 243)))
    t.same(await client.readToEnd(), ['fin'], path)
    client.end()
    const logged = app.log.slice(before)
    t.equal(logged.length, 1, `${path}: logged once`)
    t.equal(logged[0]?.level, 'error', path)
  }
  witness.write(HI)
  t.equal(await witness.readText(), 'hi', 'other connections live')
})

await onEachHost('A04 what a listener for the end throws is logged', async (t, begin) => {
  const ends: Record<string, Handler> = {
    '/close-throws': (socket) => void socket.on('close', fail),
    '/close-rejects': (socket) => void socket.on('close', later),
    '/onclose-throws': (socket) => {
      socket.onclose = fail
    },
    '/error-throws': (socket) => void socket.on('error', fail),
    '/after-closed': async (socket) => {
      await socket.closed
      fail()
    },
  }
  const app = await begin({ routes: ends })
  for (const path of Object.keys(ends)) {
    const before = app.log.length
    const client = await app.open({ path }, clientFrame(3, '')) // 1002: an 'error', then 'close'
    t.same(await client.readToEnd(), ['close 1002', 'fin'], path)
    client.end()
    await app.settled()
    while (app.log.length === before) await new Promise((resolve) => setImmediate(resolve))
    t.match(app.log.slice(before), [{ level: 'error', err: Error }], path)
  }
  t.equal(app.ws.connections.size, 0)
})

await onEachHost(
  'onError of the route, else of the app, gets the error, the socket and the request',
  async (t, begin) => {
    type Report = [by: string, error: unknown, socket: Connection, request: unknown]
    const reports: Report[] = []
    const opened: [Connection, unknown][] = []
    const report = (by: string, code: number) => (error: unknown, socket: Connection, request: unknown) => {
      reports.push([by, error, socket, request])
      socket.close(code, 'told so')
    }
    const handler: Handler = (socket, request) => {
      opened.push([socket, request])
      fail()
    }
    const app = await begin({
      options: { onError: report('app', 4001) },
      routes: { '/own': { options: { onError: report('route', 4002) }, handler }, '/app': handler },
    })
    for (const [path, by, code] of [
      ['/own', 'route', 4002],
      ['/app', 'app', 4001],
    ] as const) {
      const client = await app.open({ path })
      t.same(await closeFrame(client), [code, 'told so'], path)
      const [calledBy, error, socket, request] = reports.shift() as Report
      const [[openedSocket, openedRequest]] = opened.splice(0)
      t.equal(calledBy, by)
      t.match(error, { message: 'thrown by a handler' })
      t.ok(socket === openedSocket && request === openedRequest, `${path}: the same socket and request`)
    }
    t.same(app.log, [], 'who has an onError logs for himself')
  },
)

await onEachHost('A02 an onError may keep the connection, and what it throws is caught as well', async (t, begin) => {
  const app = await begin({
    routes: {
      '/kept': { options: { onError: () => undefined }, handler: (socket) => void socket.on('message', later) },
      '/throws': { options: { onError: fail }, handler: fail },
      '/rejects': { options: { onError: reject as never }, handler: fail },
    },
  })
  const kept = await app.open({ path: '/kept' }, HI, HI)
  kept.write(Buffer.concat([clientFrame(9, 'still here'), HI]))
  t.equal(await kept.readText(), 'still here')
  for (const path of ['/throws', '/rejects']) {
    const client = await app.open({ path })
    t.same(await closeFrame(client), [1011, ''], path)
    t.equal(app.log.pop()?.level, 'error')
  }
})

await onEachHost('B09 sending to a peer that has gone is nobody’s fault', async (t, begin) => {
  const results: unknown[] = []
  const done = new Promise<void>((resolve) => {
    const handler: Handler = async (socket) => {
      await socket.closed
      results.push(socket.send('x', (error) => results.push(error?.name)))
      socket.ping('', false, (error: Error) => results.push(error.name))
      socket.pong()
      socket.close()
      socket.close(4000)
      socket.terminate()
      results.push(socket.readyState, socket.bufferedAmount)
      setImmediate(resolve)
      await socket.drained()
    }
    void begin({ routes: { '/ws': handler } }).then(async (app) => {
      const client = await app.open()
      client.reset()
    })
  })
  await done
  t.same(results, [false, 3, 0, 'ConnectionClosedError', 'ConnectionClosedError'])
})
