/** `app.ws.close(which, code, reason)` while a handshake is under way: who was let pass before opens afterwards, and is not missed. */

import type { RouteOptions } from '../../src/index.ts'
import { MOST_ORDERS, recentOrders } from '../../src/recent-orders.ts'
import { clientFrame } from '../protocol/wire.ts'
import { until } from '../support/until.ts'
import { echo, type Handler, type Hook } from './host.ts'
import type { RawClient } from './raw-client.ts'
import { onEachHost, type Running } from './suite.ts'

/** A hook that has authenticated, and goes on with something else until it is let go on. */
class Held {
  letGo: () => void = () => undefined
  #onReached: () => void = () => undefined
  readonly #released = new Promise<void>((resolve) => {
    this.letGo = resolve
  })
  readonly reached = new Promise<void>((resolve) => {
    this.#onReached = resolve
  })
  readonly hook: Hook = () => {
    this.#onReached()
    return this.#released
  }
}

/** The user is in the path's query. */
const asUser: Handler = (socket, request) => {
  const { url } = request as { readonly url: string }
  socket.data = { userId: Number(url.split('=')[1]) }
}

/** A client that is with its hook; what it sends `behind` the handshake is there when it opens. */
async function underWay(app: Running, { reached }: Held, user = 1, ...behind: Buffer[]): Promise<RawClient> {
  const client = await app.send({ path: `/ws?user=${user}` }, ...behind)
  await reached
  return client
}

async function closeOf(client: RawClient): Promise<string> {
  const { opcode, payload } = await client.readFrame()
  return opcode === 8 ? `${payload.readUInt16BE()} ${payload.toString('utf8', 2)}`.trim() : `opcode ${opcode}`
}

async function isOpen(client: RawClient): Promise<boolean> {
  client.write(clientFrame(9, 'there?'))
  return (await client.readFrame()).opcode === 10
}

const WHO: [what: string, which: Parameters<Running['ws']['close']>[0]][] = [
  ['fields', { userId: 1 }],
  ['a function', ({ data }) => (data as { userId: number }).userId === 1],
]

for (const [what, which] of WHO) {
  await onEachHost(`who is between the hooks and the 101, by ${what}`, async (t, begin) => {
    const heard: string[] = []
    const handler: Handler = (socket, request) => {
      socket.on('message', (data) => void heard.push(data.toString()))
      return asUser(socket, request)
    }
    const held = new Held()
    const app = await begin({ routes: { '/ws': { handler, hooks: [held.hook] } } })
    const client = await underWay(app, held, 1, clientFrame(1, 'hello'))
    const other = await app.send({ path: '/ws?user=2' }, clientFrame(1, 'hello of another'))
    t.equal(await app.ws.close(which, 4001, 'logged out'), 0, 'closed later, it does not count')
    held.letGo()
    for (const one of [client, other]) t.equal((await one.readHead()).status, 101)
    t.equal(await closeOf(client), '4001 logged out')
    t.equal(await isOpen(other), true)
    t.same(heard, ['hello of another'], 'nothing that it has sent is taken')
    t.equal(recentOrders.size, 0)
    const back = await app.open({ path: '/ws?user=1' })
    t.equal(await isOpen(back), true, 'who comes afterwards has passed the hooks afterwards')
  })
}

await onEachHost('an order in the turn in which the last hook lets it pass', async (t, begin) => {
  const hook: Hook = () => void app.ws.close({ userId: 1 }, 4001)
  const app: Running = await begin({ routes: { '/ws': { handler: asUser, hooks: [hook] } } })
  t.equal(await closeOf(await app.open({ path: '/ws?user=1' })), '4001')
})

await onEachHost('an order while the 101 is held up on its way', async (t, begin) => {
  const heldUp: Hook = ({ hold }) => {
    setImmediate(() => void app.ws.close({ userId: 1 }, 4001))
    hold()
  }
  const app: Running = await begin({ routes: { '/ws': { handler: asUser, hooks: [heldUp] } } })
  t.equal(await closeOf(await app.open({ path: '/ws?user=1' })), '4001')
})

await onEachHost('the first that means it says with which code; the others change nothing', async (t, begin) => {
  const held = new Held()
  let asked = 0
  const options: RouteOptions = { reauthenticate: () => ++asked > 0 }
  const app = await begin({ routes: { '/ws': { handler: asUser, options, hooks: [held.hook] } } })
  const client = await underWay(app, held)
  await app.ws.reauthenticate()
  for (const [user, code] of [
    [2, 4002],
    [1, 4003],
    [1, 4004],
  ] as const)
    await app.ws.close({ userId: user }, code)
  held.letGo()
  await client.readHead()
  t.equal(await closeOf(client), '4003')
  t.equal(asked, 0, 'whoever is closed is not asked for')
})

await onEachHost('what a handler orders itself before it has said who it is means the others', async (t, begin) => {
  const handler: Handler = (socket, request) => {
    void app.ws.close({ userId: 1 }, 4002, 'opened elsewhere')
    return asUser(socket, request)
  }
  const app: Running = await begin({ routes: { '/ws': handler } })
  const first = await app.open({ path: '/ws?user=1' })
  const second = await app.open({ path: '/ws?user=1' })
  t.equal(await closeOf(first), '4002 opened elsewhere')
  t.equal(await isOpen(second), true)
})

await onEachHost('a function that fails for who opens later does not let them stay', async (t, begin) => {
  const held = new Held()
  const app = await begin({ routes: { '/ws': { handler: asUser, hooks: [held.hook] }, '/other': echo } })
  const client = await underWay(app, held)
  t.equal(await app.ws.close(({ data }) => (data as { user: { id: number } }).user.id === 2, 4001), 0)
  held.letGo()
  await client.readHead()
  t.equal(await closeOf(client), '1011')
  t.match(app.log, [{ level: 'error', err: TypeError, message: /which sockets are meant/ }])
  t.equal(await isOpen(await app.open({ path: '/other' })), true)
})

await onEachHost('and one that has failed where it was given is no order', async (t, begin) => {
  const held = new Held()
  const app = await begin({ routes: { '/ws': { handler: asUser, hooks: [held.hook] }, '/other': echo } })
  await app.open({ path: '/other' })
  const client = await underWay(app, held)
  t.throws(() => app.ws.close(({ data }) => (data as { user: { id: number } }).user.id === 2, 4001), TypeError)
  t.throws(() => app.ws.close({ userId: 1 }, 1005), RangeError)
  held.letGo()
  await client.readHead()
  t.equal(await isOpen(client), true)
  t.same(app.log, [])
})

const ENDINGS: [what: string, handler: Handler, close: string | undefined][] = [
  ['ends it', (socket) => socket.terminate(), undefined],
  ['closes it', (socket) => socket.close(4000), '4000'],
  ['throws, and onError keeps it', () => JSON.parse('{'), '4001'],
]

for (const [what, handler, close] of ENDINGS) {
  await onEachHost(`a handler that ${what}`, async (t, begin) => {
    const held = new Held()
    const errors: unknown[] = []
    const options: RouteOptions = { onError: (error) => void errors.push(error) }
    const app = await begin({ routes: { '/ws': { handler, options, hooks: [held.hook] } } })
    const client = await underWay(app, held)
    await app.ws.close(() => true, 4001)
    held.letGo()
    await client.readHead()
    if (close === undefined) await client.ended
    else t.equal(await closeOf(client), close)
    t.equal(errors.length, what.startsWith('throws') ? 1 : 0)
  })
}

const FORGOTTEN: [what: string, reauthenticate: RouteOptions['reauthenticate'], close: string][] = [
  ['is asked for', () => false, '3000 Unauthorized'],
  ['cannot stay where it cannot be asked for', undefined, '1013 it is not known whether this client may stay'],
]

for (const [what, reauthenticate, close] of FORGOTTEN) {
  await onEachHost(`who has missed more than is remembered ${what}`, async (t, begin) => {
    const held = new Held()
    const app = await begin({ routes: { '/ws': { handler: asUser, options: { reauthenticate }, hooks: [held.hook] } } })
    const client = await underWay(app, held)
    for (let user = 1; user <= MOST_ORDERS + 1; user++) await app.ws.close({ userId: user }, 4001)
    held.letGo()
    await client.readHead()
    t.equal(await closeOf(client), close)
    const isTold = app.log.map(({ message }) => message.includes(`more than ${MOST_ORDERS} orders`))
    t.same(isTold, reauthenticate === undefined ? [true] : [])
    t.equal(recentOrders.size, 0)
  })
}

await onEachHost('another app’s orders are not its affair, however many', async (t, begin) => {
  const held = new Held()
  const app = await begin({ routes: { '/ws': { handler: asUser, hooks: [held.hook] } } })
  const other = await begin({ routes: { '/ws': asUser } })
  const client = await underWay(app, held)
  for (let count = 0; count <= MOST_ORDERS; count++) await other.ws.close({ userId: 1 }, 4001)
  held.letGo()
  await client.readHead()
  t.equal(await isOpen(client), true)
  t.same(app.log, [])
  t.equal(recentOrders.size, 0)
})

const ENDS: [what: string, end: (client: RawClient, held: Held) => unknown, options?: RouteOptions][] = [
  ['its client leaves', (client) => client.reset()],
  ['its time is over', () => undefined, { handshakeTimeoutMs: 50 }],
  ['it is refused', (_, held) => held.letGo()],
]

for (const [what, end, options = {}] of ENDS) {
  await onEachHost(`nothing is remembered any more when ${what}`, async (t, begin) => {
    const held = new Held()
    const refuse: Hook = ({ reply }) => reply(401)
    const app = await begin({
      routes: { '/ws': { handler: asUser, options, hooks: [held.hook, refuse] }, '/other': echo },
    })
    await app.ws.close({ userId: 1 }, 4001)
    t.equal(recentOrders.size, 0, 'nobody is under way')
    const client = await underWay(app, held)
    await app.ws.close({ userId: 1 }, 4001)
    await app.ws.reauthenticate()
    t.equal(recentOrders.size, 2)
    end(client, held)
    await until('it has ended', () => recentOrders.size === 0)
    t.equal(await isOpen(await app.open({ path: '/other' })), true)
    held.letGo()
  })
}
