/** Hooks and middleware decide about the handshake as they do about any request. */

import { EventEmitter, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { clientFrame } from '../protocol/wire.ts'
import { type Exchange, echo, type Hook } from './host.ts'
import { asRefusal, onEachHost } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))

const LARGE = 'x'.repeat(5_000_000)

const replies: [name: string, hook: Hook, status: number, body: string, headers?: Record<string, string>][] = [
  ['401', ({ reply }) => reply(401, { error: 'who are you?' }), 401, '{"error":"who are you?"}'],
  ['302', ({ reply }) => reply(302, '', { Location: '/login' }), 302, '', { location: '/login' }],
  ['404', ({ reply }) => reply(404, 'no such room'), 404, 'no such room'],
  ['200', ({ reply }) => reply(200, 'not today'), 200, 'not today'],
  ['500', ({ reply }) => reply(500, '<script>'), 500, '<script>'],
  ['async', async ({ reply }) => reply(await Promise.resolve(403), 'no'), 403, 'no'],
  ['5MB', ({ reply }) => reply(404, LARGE), 404, LARGE],
  ['cookie', ({ reply }) => reply(401, 'no', { 'Set-Cookie': 'a=1' }), 401, 'no', { 'set-cookie': 'a=1' }],
]

const never: Hook = () => new Promise(() => undefined)
const thrower: Hook = () => {
  throw new Error('thrown in a hook')
}
const rejecter: Hook = () => Promise.reject(new Error('rejected in a hook'))
const slow: Hook = () => new Promise((resolve) => setImmediate(resolve))

await onEachHost('A07 H38 what a hook replies is the answer', async (t, begin) => {
  let opened = 0
  const handler = (): void => {
    opened++
  }
  const routes = Object.fromEntries(replies.map(([name, hook]) => [`/${name}`, { hooks: [slow, hook], handler }]))
  const app = await begin({ routes })
  for (const [name, , status, body, headers = {}] of replies) {
    const client = await app.send({ path: `/${name}` }, clientFrame(1, 'not read'))
    const answer = await client.readAnswer()
    t.same([answer.status, answer.body], [asRefusal(status), body], name)
    t.match(answer.headers, { ...headers, connection: 'close' }, name)
    t.same([answer.headers.upgrade, answer.headers['sec-websocket-accept']], [undefined, undefined])
    t.equal(await client.rest(), '', `${name}: FIN follows`)
    client.end()
  }
  await app.settled()
  t.equal(opened, 0)
})

await onEachHost('what replies has refused, also where its reply waits and routing goes on', async (t, begin) => {
  let opened = 0
  const careless: Record<string, Hook> = {
    '/plain': ({ reply }) => reply(200, 'not today'),
    '/held': ({ hold, reply }) => {
      hold()
      reply(200, 'not today')
    },
  }
  const handler = (): void => {
    opened++
  }
  const goOn: Hook = () => undefined
  const routes = Object.entries(careless).map(([path, hook]) => [path, { hooks: [hook, goOn], handler }])
  const app = await begin({
    routes: { ...Object.fromEntries(routes), '/ws': { hooks: [({ hold }) => hold()], handler: echo } },
  })
  for (const path of Object.keys(careless)) {
    const client = await app.send({ path })
    const { status, body } = await client.readAnswer()
    t.same([status, body, await client.rest()], [asRefusal(200), 'not today', ''], path)
    client.end()
  }
  await app.settled()
  t.equal(opened, 0)
  t.equal((await (await app.send()).readHead()).status, 101, 'and a 101 may wait as well')
})

await onEachHost('hooks run one after another, and the 101 waits for the last', async (t, begin) => {
  const order: string[] = []
  const step = (name: string): Hook => {
    return async () => {
      await delay(1)
      order.push(name)
    }
  }
  const app = await begin({
    routes: {
      '/ws': {
        hooks: [step('one'), slow, step('two'), ({ setHeader }) => setHeader('Set-Cookie', 'a=1'), step('three')],
        handler: () => void order.push('handler'),
      },
    },
  })
  const client = await app.send()
  t.match(await client.readHead(), { status: 101, headers: { 'set-cookie': 'a=1', upgrade: 'websocket' } })
  t.same(order, ['one', 'two', 'three', 'handler'])
})

await onEachHost('A07 a hook that throws or rejects is answered with 500', async (t, begin) => {
  const app = await begin({
    routes: {
      '/thrown': { hooks: [thrower], handler: echo },
      '/rejected': { hooks: [slow, rejecter], handler: echo },
      '/ws': echo,
    },
  })
  for (const path of ['/thrown', '/rejected']) {
    const client = await app.send({ path })
    t.equal((await client.readAnswer()).status, 500, path)
    t.equal(await client.rest(), '')
    client.end()
  }
  const other = await app.open({}, BYE)
  t.same(await other.readToEnd(), ['close 1000', 'fin'], 'others go on')
})

await onEachHost('A07 the error handler of the framework answers for hooks', async (t, begin, host) => {
  if (!host.isFramework) return
  const app = await begin({
    routes: { '/thrown': { hooks: [thrower], handler: echo }, '/rejected': { hooks: [rejecter], handler: echo } },
    errorReply: (error) => [418, (error as Error).message],
  })
  for (const path of ['/thrown', '/rejected']) {
    const client = await app.send({ path })
    const { status, body } = await client.readAnswer()
    t.same([status, body], [418, `${path.slice(1)} in a hook`])
  }
})

await onEachHost(
  'A09 a hook that never settles ends with 504, and what it replies late is discarded',
  async (t, begin) => {
    const waiting: Exchange[] = []
    const app = await begin({
      options: { handshakeTimeoutMs: 50 },
      routes: {
        '/ws': { hooks: [(exchange) => void waiting.push(exchange), never], handler: echo },
        '/slower': { options: { handshakeTimeoutMs: 20_000 }, hooks: [slow], handler: echo },
      },
    })
    const client = await app.send()
    const answer = await client.readAnswer()
    t.match(answer, { status: 504, headers: { connection: 'close', 'content-length': '0' } })
    t.equal(await client.rest(), '', 'FIN follows')
    client.end()
    const [{ signal, reply }] = waiting
    t.ok(signal.aborted)
    t.match(signal.reason, /handshakeTimeoutMs/)
    t.doesNotThrow(() => reply(200, 'at last'))
    await app.settled()
    t.equal(
      (await app.send({ path: '/slower' }).then((slower) => slower.readHead())).status,
      101,
      'a route has its own',
    )
  },
)

await onEachHost('A09 B05 a client that leaves during a hook is noticed at once', async (t, begin) => {
  const arrivals: ((exchange: Exchange) => void)[] = []
  const app = await begin({
    routes: { '/ws': { hooks: [(exchange) => arrivals.shift()?.(exchange), never], handler: echo } },
  })
  for (const how of ['reset', 'end', 'destroy'] as const) {
    const arrived = new Promise<Exchange>((resolve) => arrivals.push(resolve))
    const client = await app.send()
    const { signal, reply } = await arrived
    const aborted = once(signal, 'abort')
    client[how]()
    await aborted
    t.match(signal.reason, /left/, how)
    t.doesNotThrow(() => reply(200, 'too late'))
    await app.settled()
  }
  t.equal(app.ws.connections.size, 0)
})

await onEachHost('a hook may end the connection itself', async (t, begin) => {
  const destroy: Hook = ({ raw }) => {
    raw.socket.destroy()
    return Promise.resolve()
  }
  let opened = 0
  const app = await begin({ routes: { '/ws': { hooks: [destroy], handler: () => void opened++ } } })
  const client = await app.send()
  await client.ended
  await app.settled()
  t.same([opened, app.ws.connections.size], [0, 0])
})

await onEachHost('a hook that goes on after its client left opens nothing', async (t, begin) => {
  let opened = 0
  const arrived = new EventEmitter()
  const untilAborted: Hook = async ({ signal }) => {
    arrived.emit('hook')
    await once(signal, 'abort')
  }
  const app = await begin({ routes: { '/ws': { hooks: [untilAborted, slow], handler: () => void opened++ } } })
  const isWaiting = once(arrived, 'hook')
  const client = await app.send()
  await isWaiting
  client.reset()
  await app.settled()
  await slow({} as Exchange)
  t.same([opened, app.ws.connections.size], [0, 0])
})

await onEachHost('A10 frames that come during a hook wait in the kernel, and arrive after it', async (t, begin) => {
  const frame = clientFrame(2, Buffer.alloc(65_536 - 14))
  const count = 160 // 10 MiB
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const app = await begin({
    routes: {
      '/ws': {
        hooks: [() => gate],
        handler: (socket) => {
          let seen = 0
          socket.on('message', () => {
            if (++seen === count) socket.send(String(seen))
          })
        },
      },
    },
  })
  const serverSide = once(app.server, 'connection')
  const client = await app.send()
  const [socket] = await serverSide
  for (let sent = 0; sent < count; sent++) client.write(frame)
  await filled(client.socket)
  // Two chunks behind what a stream holds anyway: 16 KiB, from Node 22 on 64.
  t.ok(socket.bytesRead < socket.readableHighWaterMark + 131_072, `${socket.bytesRead} bytes read`)
  release()
  t.equal((await client.readHead()).status, 101)
  t.equal(await client.readText(), String(count))
})

/** Fulfils when the kernel has stopped taking bytes. */
async function filled(socket: { bytesWritten: number; writableLength: number }): Promise<void> {
  for (let taken = -1; taken !== socket.writableLength; await delay(20)) taken = socket.writableLength
}

await onEachHost('handshakes beyond maxPendingHandshakes get 503', async (t, begin) => {
  const app = await begin({
    options: { maxPendingHandshakes: 20 },
    routes: { '/ws': { hooks: [never], handler: echo }, '/open': echo },
  })
  const pending = await Promise.all(Array.from({ length: 20 }, () => app.send()))
  const refused = await Promise.all(Array.from({ length: 100 }, () => app.send({ path: '/open' })))
  for (const client of refused) {
    const { status, headers } = await client.readAnswer()
    t.match([status, headers.connection, headers['retry-after']], [503, 'close', /^\d+$/])
    client.end()
  }
  pending[0].reset()
  while ((await app.sockets()) > 19) await delay(1)
  const next = await app.open({ path: '/open' }, BYE)
  t.same(await next.readToEnd(), ['close 1000', 'fin'], 'there is room again when one has left')
})
