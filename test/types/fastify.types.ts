/** What TypeScript knows of Fastify routes. Checked by tsc alone; nothing here runs. */

import Fastify, { type FastifyRequest, type FastifyTypeProvider } from 'fastify'
import wsPlugin, { type FastifyHandler } from '../../adapters/fastify.ts'
import type { Connection } from '../../src/index.ts'
import { type Equal, expectType } from './expect.ts'

const app = Fastify()
await app.register(wsPlugin, { maxMessageBytes: 65_536, origins: ['https://app.example.com'] })

app.ws('/chat/:room', (socket, request) => {
  expectType<Equal<typeof request.params, { room: string }>>(true)
  expectType<Equal<typeof socket, Connection<Record<string, unknown>>>>(true)
  request.log.info(request.id)
  // @ts-expect-error: the path has no such parameter
  void request.params.user
})

app.ws('/:user/at/:place-:number(^\\d+).png', (_socket, { params }) => {
  expectType<Equal<keyof typeof params, 'user' | 'place' | 'number'>>(true)
})
app.ws('/files/*', (_socket, { params }) => {
  expectType<Equal<typeof params, { '*': string }>>(true)
})
app.ws('/plain', (_socket, { params }) => {
  // biome-ignore lint/complexity/noBannedTypes: a path without parameters has none
  expectType<Equal<keyof typeof params, keyof {}>>(true)
})
const dynamic: string = '/some'
app.ws(dynamic, (_socket, { params }) => {
  expectType<Equal<(typeof params)[string], string>>(true)
})

// Hooks know the parameters too, and Fastify's own options stay.
app.ws(
  '/chat/:room',
  {
    onRequest: async (request, reply) => {
      expectType<Equal<typeof request.params.room, string>>(true)
      reply.header('x', 'y')
    },
    preHandler: [(_request, _reply, done) => done()],
    config: { rateLimit: 1 } as object,
    schema: { querystring: { type: 'object' } },
    ws: { maxMessageBytes: 'unlimited', protocols: ['chat'] },
  },
  (_socket, request) => {
    expectType<Equal<typeof request.params.room, string>>(true)
  },
)

// The application's own state.
interface Player {
  name: string
  score: number
}
app.ws('/game', (socket: Connection<Player>, request) => {
  expectType<Equal<typeof socket.data.score, number>>(true)
  expectType<Equal<typeof request.ip, string>>(true)
  // @ts-expect-error: a player has no such field
  void socket.data.level
})
const handler: FastifyHandler = (socket, request) => {
  expectType<Equal<typeof request, FastifyRequest>>(true)
  socket.send('x')
}
app.ws('/separate', handler)

// A type provider: here a schema carries its type in a field.
interface CarriedTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends { readonly carried: infer Type } ? Type : unknown
  readonly serializer: this['validator']
}
const carry = <Type>(): { carried: Type; type: 'object' } => ({ type: 'object' }) as { carried: Type; type: 'object' }
const typed = app.withTypeProvider<CarriedTypes>()
typed.ws(
  '/item/:id',
  { schema: { params: carry<{ id: number }>(), querystring: carry<{ page: number }>() } },
  (_socket, { params, query }) => {
    expectType<Equal<typeof params, { id: number }>>(true)
    expectType<Equal<typeof query, { page: number }>>(true)
  },
)
typed.ws('/item/:id', (_socket, { params }) => {
  expectType<Equal<typeof params, { id: string }>>(true)
})
typed.ws('/item/:id', { schema: { querystring: carry<{ page: number }>() } }, (_socket, { params, query }) => {
  expectType<Equal<typeof params.id, string>>(true)
  expectType<Equal<typeof query.page, number>>(true)
})

// Verbs and chaining.
app
  .ws('/a', () => {})
  .ws('/b', () => {})
  .get('/c', () => 'c')
app.ws.close({ code: 1012, deadlineMs: 1_000 }) satisfies Promise<void>
app.ws.connections.size satisfies number

// @ts-expect-error: no such option
await app.register(wsPlugin, { maxPayload: 1 })
// @ts-expect-error: ours stand under `ws`
app.ws('/wrong', { maxMessageBytes: 1 }, () => {})
// @ts-expect-error: no such option
app.ws('/wrong', { ws: { maxPayload: 1 } }, () => {})
// @ts-expect-error: bytes are a number
app.ws('/wrong', { ws: { maxMessageBytes: '1mb' } }, () => {})
// @ts-expect-error: an option of apps alone
app.ws('/wrong', { ws: { passUpgrades: [] } }, () => {})
// @ts-expect-error: a handler is missing
app.ws('/wrong')
// @ts-expect-error: options are no handler
app.ws('/wrong', {})
// @ts-expect-error: 1003 is no code for the end of an app
app.ws.close({ code: 1003 })

// Which sockets are meant, and who may stay.
app.ws('/stay', { ws: { reauthenticate: (_socket, request) => request.ip !== '' } }, () => {})
app.ws(
  '/stay',
  {
    ws: { reauthenticate: (_socket, request: FastifyRequest<{ Params: { id: string } }>) => request.params.id !== '' },
  },
  () => {},
)
app.ws('/fail', { ws: { onError: (_error, _socket, request) => request.log.warn('failed') } }, () => {})
void app.register(wsPlugin, { onError: (_error, _socket, request) => request.log.warn('failed') })
expectType<Equal<ReturnType<typeof app.ws.reauthenticate>, Promise<number>>>(true)
const closed: Promise<number> = app.ws.close(({ data }) => data.userId === 1, 4001, 'logged out')
const some: Promise<number> = app.ws.close<{ userId: number }>(({ data }) => data.userId > 1, 4001)
const all: Promise<void> = app.ws.close({ spreadMs: 0 })
void [closed, some, all, app.ws.close()]
// @ts-expect-error: what is to be closed needs a code
void app.ws.close({ userId: 1 })
// @ts-expect-error: an async function would mean all
void app.ws.close(async () => true, 4001)
