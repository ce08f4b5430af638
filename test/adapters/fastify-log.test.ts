/** Lines about connections in Fastify's own log: pino, with the request's id, and at the level of its route. */

import { inspect } from 'node:util'
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import t, { type Test } from 'tap'
import wsPlugin from '../../adapters/fastify.ts'
import type { Running } from '../hosts/suite.ts'
import { serve } from './fastify-app.ts'

type Line = Readonly<Record<string, unknown>>

interface Started {
  readonly running: Running
  /** Ours, but for warnings. */
  readonly ours: () => Line[]
  readonly all: () => Line[]
}

type Options = Omit<FastifyServerOptions, 'logger'> & { readonly logger?: object | false }

/** `change` may set hooks and routes. */
async function start(
  t: Test,
  { logger = {}, ...options }: Options,
  change: (app: FastifyInstance) => void = () => undefined,
): Promise<Started> {
  const lines: Line[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const app = Fastify({ ...options, logger: logger === false ? false : { ...logger, stream } })
  app.addHook('onRequest', (request, reply, done) => {
    if (request.query && 'early' in (request.query as object)) reply.code(402).send('early')
    else done()
  })
  await app.register(wsPlugin)
  app.ws('/ws', (socket) => socket.close(4001))
  app.ws('/private', { onRequest: async (_request, reply) => reply.code(401).send('who?') }, () => undefined)
  app.ws('/quiet', { logLevel: 'warn' }, (socket) => socket.close())
  app.ws('/told', { logLevel: 'warn', ws: { logConnections: true } }, (socket) => socket.close())
  change(app)
  const running = await serve(t, app)
  return {
    running,
    all: () => lines,
    ours: () => lines.filter(({ msg }) => String(msg).startsWith('sockroute: a Web')),
  }
}

/** Asks for `path`, and leaves. */
async function visit(running: Running, path: string): Promise<void> {
  const client = await running.send({ path })
  const { status } = await client.readHead()
  if (status === 101) await client.readFrame()
  client.reset()
  await running.settled()
}

t.test('each line has the id of its request', async (t) => {
  const { running, ours } = await start(t, {})
  await visit(running, '/ws?token=s3cret')
  await visit(running, '/private?token=s3cret')
  await visit(running, '/nowhere?token=s3cret')
  await visit(running, '/ws?early')
  t.match(ours(), [
    { level: 30, reqId: 'req-1', route: '/ws', url: '/ws?token=[redacted]', address: '127.0.0.1' },
    { level: 30, reqId: 'req-1', route: '/ws', closedBy: 'app', sentCode: 4001, msg: /a code of its own/ },
    { level: 30, reqId: 'req-2', route: '/private', status: 401 },
    { level: 30, reqId: 'req-3', route: '', status: 404 },
    { level: 30, reqId: 'req-4', route: '', status: 402 },
  ])
  t.equal(ours().length, 5)
  t.notMatch(JSON.stringify(ours()), /s3cret/)
})

t.test('a route has its own level', async (t) => {
  const { running, ours } = await start(t, {})
  await visit(running, '/quiet')
  await visit(running, '/told')
  t.same(ours(), [], 'and where the level is higher, an option of ours cannot change that')
})

t.test('where requests are not logged, connections are not, unless an option says so', async (t) => {
  const isQuiet = ({ url }: { readonly url: string }): boolean => url.startsWith('/ws')
  const options: [FastifyServerOptions, lines: number][] = [
    [{ logController: new LogController({ disableRequestLogging: true }) }, 0],
    [{ logController: new LogController({ disableRequestLogging: isQuiet }) }, 0],
    [{ logController: new LogController() }, 2],
    [{ disableRequestLogging: true }, 0],
  ]
  for (const [one, lines] of options) {
    const { running, ours } = await start(t, one as Options)
    await visit(running, '/ws')
    t.equal(ours().length, lines, inspect(one))
    const asked = await start(t, one as Options, (app) => {
      app.ws('/ws/told', { ws: { logConnections: true } }, (socket) => socket.close())
    })
    await visit(asked.running, '/ws/told')
    t.match(asked.ours(), [{ reqId: 'req-1' }, { reqId: 'req-1' }])
  }
})

t.test('an app without a logger has no line, and keeps nothing', async (t) => {
  const { running, all } = await start(t, { logger: false })
  await visit(running, '/ws')
  t.same(all(), [])
})
