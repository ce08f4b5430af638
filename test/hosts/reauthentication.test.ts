/** Whether an open connection may stay is asked for anew: at intervals and on demand, on every host. */

import { setImmediate as turn } from 'node:timers/promises'
import type { AppOptions, Connection, RouteOptions } from '../../src/index.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import { FakeClock } from '../support/clock.ts'
import { observing } from '../support/observing.ts'
import { echo, type Handler } from './host.ts'
import { pass } from './pass.ts'
import type { RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const INTERVAL = 60_000

/** An app with one route, and a clock; without a heartbeat, for clients that say nothing. */
function spec(reauthenticate: RouteOptions['reauthenticate'], more: RouteOptions & AppOptions = {}, handler = echo) {
  const clock = new FakeClock()
  const { onError, ...options } = more
  const route = { reauthenticate, reauthenticateIntervalMs: INTERVAL, onError }
  return {
    clock,
    app: {
      routes: { '/ws': { handler, options: route } },
      options: { clock, pingIntervalMs: 'unlimited', ...options } as AppOptions,
    },
  }
}

/** The code and the reason of the close frame that comes next. */
async function closeOf(client: RawClient): Promise<string> {
  const { opcode, payload } = await client.readFrame()
  return opcode === 8 ? `${payload.readUInt16BE()} ${payload.toString('utf8', 2)}`.trim() : `opcode ${opcode}`
}

await onEachHost(
  'at each interval, until the answer is no; and then nothing of the client’s is taken',
  async (t, begin) => {
    const closed = observing(t, 'sockroute:connection:closed')
    const asked: unknown[][] = []
    const heard: string[] = []
    let given: unknown
    const handler: Handler = (socket, request) => {
      given = request
      socket.on('message', (data) => void heard.push(data.toString()))
    }
    const patient = { closeTimeoutMs: INTERVAL * 10 } // since intervals are shorter by a random tenth
    const { clock, app } = spec((socket, request) => asked.push([socket, request]) < 3, patient, handler)
    const running = await begin(app)
    const client = await running.open({}, clientFrame(1, 'before'))
    const [socket] = running.ws.connections
    await pass(clock, INTERVAL * 2)
    t.same(asked, [
      [socket, given],
      [socket, given],
    ])
    await pass(clock, INTERVAL)
    t.equal(await closeOf(client), '3000 Unauthorized')
    client.write(Buffer.concat([clientFrame(1, 'after'), clientFrame(8, hex('0bb8'))]))
    await client.ended
    client.end()
    await running.settled()
    t.same(heard, ['before'])
    t.match(closed, [{ closedBy: 'app', cause: 'reauthenticate', code: 3000, sentCode: 3000 }])
    await pass(clock, INTERVAL * 3)
    t.equal(asked.length, 3, 'who has gone is not asked for')
  },
)

await onEachHost('on demand: by the socket, and by the app', async (t, begin) => {
  const may = new Map<Connection, boolean>()
  const { app } = spec(async (socket) => may.get(socket) !== false)
  const running = await begin(app)
  const clients = [await running.open(), await running.open(), await running.open()]
  const [first, second, third] = running.ws.connections
  t.equal(await first.reauthenticate(), true)
  t.equal(await running.ws.reauthenticate(), 0)
  may.set(first, false)
  t.equal(await first.reauthenticate(), false)
  t.equal(await closeOf(clients[0]), '3000 Unauthorized')
  t.equal(await first.reauthenticate(), false, 'which is closing')
  for (const socket of [second, third]) {
    may.set(socket, false)
    socket.data.userId = socket === second ? 2 : 3
  }
  t.equal(await running.ws.reauthenticate({ userId: 2 }), 1)
  t.equal(await closeOf(clients[1]), '3000 Unauthorized')
  t.equal(third.readyState, 1)
  t.equal(await running.ws.reauthenticate((socket) => socket === third), 1)
  t.equal(await closeOf(clients[2]), '3000 Unauthorized')
  for (const client of clients) client.reset()
  await running.settled()
  t.equal(await third.reauthenticate(), false, 'which is closed')
})

const FAILURES: [what: string, reauthenticate: () => unknown][] = [
  ['throws', () => void JSON.parse('{')],
  ['rejects', () => Promise.reject(new Error('the database is away'))],
  ['forgets to return', () => undefined],
  ['returns what is no answer', () => Promise.resolve({ id: 1 })],
]

for (const [what, reauthenticate] of FAILURES) {
  await onEachHost(`a function that ${what} lets nobody stay`, async (t, begin) => {
    const errors: unknown[] = []
    const onError = (error: unknown): void => void errors.push(error) // and closes nothing
    const { app } = spec(reauthenticate as RouteOptions['reauthenticate'], { onError })
    const running = await begin(app)
    const client = await running.open()
    const [socket] = running.ws.connections
    t.equal(await socket.reauthenticate(), false)
    t.equal(await closeOf(client), '1011')
    t.match(errors, [Error])
  })
}

await onEachHost('without an onError it is logged, as what handlers throw', async (t, begin) => {
  const heard: string[] = []
  const handler: Handler = (socket) => void socket.on('message', (data) => void heard.push(data.toString()))
  const { app } = spec(() => Promise.reject(new Error('the database is away')), {}, handler)
  const running = await begin(app)
  const client = await running.open()
  t.equal(await running.ws.reauthenticate(), 1)
  t.equal(await closeOf(client), '1011')
  client.write(Buffer.concat([clientFrame(1, 'after'), clientFrame(8, hex('03f3'))]))
  await client.ended
  t.same(heard, [], 'and nothing is taken any more')
  t.match(running.log, [{ level: 'error', err: { message: 'the database is away' } }])
})

await onEachHost('an answer that does not come by the next interval is none', async (t, begin) => {
  const { clock, app } = spec(() => new Promise(() => undefined))
  const running = await begin(app)
  const client = await running.open()
  await pass(clock, INTERVAL)
  client.write(clientFrame(1, 'meanwhile'))
  t.equal(await client.readText(), 'meanwhile')
  const [socket] = running.ws.connections
  const answer = socket.reauthenticate()
  await pass(clock, INTERVAL)
  t.equal(await closeOf(client), '1013 no answer whether this client may stay')
  t.equal(await answer, false)
  t.equal(running.ws.limitsHit.reauthenticateIntervalMs, 1)
})

await onEachHost('who is closing has no answer to wait for, and reaches no limit', async (t, begin) => {
  const { clock, app } = spec(() => new Promise(() => undefined), { closeTimeoutMs: INTERVAL * 10 })
  const running = await begin(app)
  const client = await running.open()
  await pass(clock, INTERVAL)
  t.equal(await running.ws.close(() => true, 4001), 1)
  await pass(clock, INTERVAL * 2)
  t.equal(await closeOf(client), '4001')
  t.equal(running.ws.limitsHit.reauthenticateIntervalMs, 0)
})

await onEachHost('never two at once; who asks meanwhile gets an answer of its own', async (t, begin) => {
  const answers: ((may: boolean) => void)[] = []
  const { clock, app } = spec(() => new Promise((resolve) => answers.push(resolve)))
  const running = await begin(app)
  const client = await running.open()
  const [socket] = running.ws.connections
  const outcomes = [socket.reauthenticate(), socket.reauthenticate(), socket.reauthenticate()]
  await pass(clock, INTERVAL)
  t.equal(answers.length, 1, 'and the interval asks for nothing that is being asked')
  answers[0](true)
  t.equal(await outcomes[0], true)
  await turn()
  t.equal(answers.length, 2, 'for both of the others')
  answers[1](false)
  t.same(await Promise.all(outcomes), [true, false, false])
  t.equal(await closeOf(client), '3000 Unauthorized')
})

await onEachHost('who leaves while it is asked gets no answer, and nobody waits', async (t, begin) => {
  const { app } = spec(() => new Promise(() => undefined))
  const running = await begin(app)
  const client = await running.open()
  const [socket] = running.ws.connections
  const outcomes = [socket.reauthenticate(), socket.reauthenticate(), running.ws.reauthenticate()]
  client.reset()
  t.same(await Promise.all(outcomes), [false, false, 1])
})

await onEachHost('a route that does not say who may stay', async (t, begin) => {
  const { app } = spec(undefined)
  const running = await begin(app)
  await running.open()
  const [socket] = running.ws.connections
  t.throws(() => socket.reauthenticate(), {
    name: 'TypeError',
    message: /needs the option reauthenticate of its route/,
  })
  t.equal(await running.ws.reauthenticate(), 0, 'nobody is asked for, and all stay')
  t.equal(socket.readyState, 1)
})
