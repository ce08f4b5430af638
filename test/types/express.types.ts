/** What TypeScript knows of Express routes. Checked by tsc alone; nothing here runs. */

import express, { type Request } from 'express'
import { type AppWithWs, attach, websockets } from '../../adapters/express.ts'
import type { Connection } from '../../src/index.ts'
import { type Equal, expectType } from './expect.ts'

const app = websockets(express(), { maxMessageBytes: 65_536, passUpgrades: ['/socket.io/'] })
const router = websockets(express.Router({ mergeParams: true }), { closeTimeoutMs: 5_000 })

app.ws('/chat/:room', (socket, request) => {
  expectType<Equal<typeof request.params.room, string>>(true)
  expectType<Equal<keyof typeof request.params, 'room'>>(true)
  expectType<Equal<typeof socket, Connection<Record<string, unknown>>>>(true)
  // @ts-expect-error: the path has no such parameter
  void request.params.user
})

router.ws('/:user/room/:room', { maxMessageBytes: 1_024 }, (_socket, { params }) => {
  expectType<Equal<keyof typeof params, 'user' | 'room'>>(true)
})

// Middleware is typed as by get(): inline, by itself or in a list, and with the path's parameters.
app.ws(
  '/chat/:room',
  (request, response, next) => {
    expectType<Equal<typeof request.params.room, string>>(true)
    response.set('x', 'y')
    next()
  },
  () => undefined,
)
app.ws(
  '/chat/:room',
  { maxFragments: 'unlimited' },
  (request, _response, next) => next(request.params.room),
  () => {},
)
app.ws('/list', [express.json(), express.text()], express.raw(), () => {})

// A path that is no literal has parameters of any name.
app.ws(/^\/number\/(\d+)$/, (_socket, { params }) => {
  expectType<Equal<(typeof params)[string], string>>(true)
})
app.ws(['/one', '/two'], () => {})

// The application's own state.
interface Player {
  name: string
  score: number
}
app.ws('/game', (socket: Connection<Player>, request: Request) => {
  expectType<Equal<typeof socket.data.score, number>>(true)
  expectType<Equal<typeof request.ip, string | undefined>>(true)
  // @ts-expect-error: a player has no such field
  void socket.data.level
})

// An app stays what it was, and can be chained.
expectType<Equal<ReturnType<typeof app.ws> extends { listen: unknown } ? true : false, true>>(true)
app.ws('/a', () => {}).ws('/b', () => {})
app.use('/rooms', router)
attach(app.listen(0), app)
app.ws.close({ deadlineMs: 1_000 }) satisfies Promise<void>
app.ws.connections.size satisfies number
const same: AppWithWs<express.Express> = app
void same

// @ts-expect-error: no such option
websockets(express(), { maxPayload: 1 })
// @ts-expect-error: an option of apps alone
websockets(express.Router(), { passUpgrades: [] })
// @ts-expect-error: bytes are a number
app.ws('/wrong', { maxMessageBytes: '1mb' }, () => {})
// @ts-expect-error: closing takes an end
app.ws('/wrong', { closeTimeoutMs: 'unlimited' }, () => {})
// @ts-expect-error: no such option
app.ws('/wrong', { maxPayload: 1 }, () => {})
// @ts-expect-error: a handler is missing
app.ws('/wrong')
// @ts-expect-error: options are no handler
app.ws('/wrong', { maxMessageBytes: 1 })
// @ts-expect-error: routers have no connections of their own
void router.ws.connections

// Topics: any socket can be left out, whatever its state is.
app.ws('/topics', async (socket: Connection<Player>) => {
  expectType<Equal<boolean, Awaited<ReturnType<typeof socket.subscribe>>>>(true)
  expectType<Equal<number, ReturnType<typeof socket.publish>>>(true)
  app.ws.publish('room', 'x', { except: socket, binary: true, compress: false, local: true })
  // @ts-expect-error: a socket leaves itself out
  socket.publish('room', 'x', { except: socket })
  for (const topic of socket.topics) expectType<Equal<typeof topic, string>>(true)
})

// What asks anew, and what is told of errors, get Express's request.
app.ws('/stay', { reauthenticate: (_socket, request) => request.ip !== '' }, () => {})
app.ws('/stay', { reauthenticate: (_socket, request: Request<{ id: string }>) => request.params.id !== '' }, () => {})
websockets(express(), { onError: (_error, _socket, request) => void request.get('host') })
websockets(express.Router(), { onError: (_error, _socket, request) => void request.get('host') })
