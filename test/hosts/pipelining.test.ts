/** Handshakes behind a request that has no response yet: they wait their turn, and not for ever. RFC 9112 §9.3.2 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { observe } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import { echo, type Handler, holdEnd } from './host.ts'
import { handshake, type RawClient } from './raw-client.ts'
import { onEachHost, type Running } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))
const GET = handshake({ path: '/http', headers: { upgrade: undefined, connection: 'keep-alive' } })

/** Holds up all responses to plain requests until they are released. */
class Gate {
  release: () => void = () => undefined
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve
  })

  constructor(server: Server) {
    server.prependListener('request', (_request, response: ServerResponse) => holdEnd(response, this.#released))
  }
}

/** A client whose handshake waits behind a request. */
async function waiting(app: Running): Promise<RawClient> {
  const isRequested = once(app.server, 'request')
  const client = await app.connect()
  client.write(Buffer.concat([GET, handshake(), BYE]))
  await isRequested
  await new Promise((resolve) => setImmediate(resolve))
  return client
}

await onEachHost('a handshake that waits counts among those under way', async (t, begin) => {
  const app = await begin({ options: { maxPendingHandshakes: 1 }, routes: { '/ws': echo } })
  const gate = new Gate(app.server)
  const first = await waiting(app)
  const second = await waiting(app)
  const direct = await app.send()
  t.equal((await direct.readAnswer()).status, 503)
  direct.end()
  second.destroy()
  await once(second.socket, 'close')
  gate.release()
  t.equal((await first.readAnswer()).status, 200)
  t.equal((await first.readHead()).status, 101, 'and is none too many itself')
  t.same(await first.readToEnd(), ['close 1000', 'fin'])
  first.end()
  const next = await app.open({}, BYE)
  t.same(await next.readToEnd(), ['close 1000', 'fin'], 'there is room when it has gone')
})

await onEachHost('a handshake whose time is over before its turn is destroyed', async (t, begin) => {
  const app = await begin({ options: { handshakeTimeoutMs: 50 }, routes: { '/ws': echo } })
  const gate = new Gate(app.server)
  const client = await waiting(app)
  await client.ended
  t.equal(await client.rest(), '', 'a 504 would be taken for the answer to the request before it')
  gate.release()
  client.destroy()
  await app.settled()
  t.equal((await (await app.send()).readHead()).status, 101)
})

await onEachHost('the end of the app waits for it, and answers it in its turn', async (t, begin) => {
  const app = await begin({ options: { drain: { deadlineMs: 60_000 } }, routes: { '/ws': echo } })
  const gate = new Gate(app.server)
  const client = await waiting(app)
  let isClosed = false
  const closed = app.ws.close().then(() => {
    isClosed = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(isClosed, false)
  gate.release()
  t.equal((await client.readAnswer()).status, 200)
  const { status, headers } = await client.readAnswer()
  t.match([status, headers['retry-after']], [503, /^\d+$/])
  client.end()
  await closed
})

await onEachHost('and destroys it at the deadline', async (t, begin) => {
  const app = await begin({ options: { drain: { deadlineMs: 50 } }, routes: { '/ws': echo } })
  const gate = new Gate(app.server)
  const client = await waiting(app)
  await app.ws.close()
  await client.ended
  t.equal(await client.rest(), '')
  gate.release()
})

await onEachHost(
  'a handshake that waited runs in its own async context, and not in that of the request before',
  async (t, begin) => {
    const whose = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    const note = (): void => void seen.push(whose.getStore())
    t.teardown(observe('sockroute:upgrade:begun', note))
    const app = await begin({ routes: { '/ws': { handler: note, hooks: [note] } } })
    const gate = new Gate(app.server)
    app.server.prependListener('request', () => whose.enterWith('of the request before'))
    const client = await waiting(app)
    gate.release()
    t.equal((await client.readAnswer()).status, 200)
    t.equal((await client.readHead()).status, 101)
    t.same(seen, [undefined, undefined, undefined])
  },
)

await onEachHost('an order that comes while it waits comes before its hooks, which are to know', async (t, begin) => {
  const handler: Handler = (socket) => Object.assign(socket, { data: { userId: 1 } })
  const app = await begin({ routes: { '/ws': handler } })
  const gate = new Gate(app.server)
  const client = await waiting(app)
  t.equal(await app.ws.close({ userId: 1 }, 4001), 0)
  gate.release()
  t.equal((await client.readAnswer()).status, 200)
  t.equal((await client.readHead()).status, 101)
  t.same(await client.readToEnd(), ['close 1000', 'fin'])
})
