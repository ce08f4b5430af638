/** What is Fastify's own: hooks, plugins and their options, schemas, error handlers, constraints. */

import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t from 'tap'
import wsPlugin, { wsPlugin as named } from '../../adapters/fastify.ts'
import type { AppOptions } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import { serve } from './fastify-app.ts'
import { refused, say, tell, told } from './telling.ts'

/** Registers, and tells how that went: an app itself is no promise. */
async function registering(app: FastifyInstance, options?: unknown): Promise<void> {
  await app.register(wsPlugin, options as AppOptions)
}

t.test('every hook of a request runs, and the last of them with status 101', async (t) => {
  const order: string[] = []
  const app = Fastify()
  await app.register(wsPlugin)
  app.addHook('onRequest', async () => void order.push('onRequest'))
  app.addHook('preParsing', async () => void order.push('preParsing'))
  app.addHook('preValidation', async () => void order.push('preValidation'))
  app.addHook('preHandler', (_request, _reply, done) => {
    order.push('preHandler')
    done()
  })
  app.addHook('onSend', async (_request, { statusCode }) => void order.push(`onSend ${statusCode}`))
  app.addHook('onResponse', async (_request, { statusCode }) => void order.push(`onResponse ${statusCode}`))
  const own = (name: string) => async (_: FastifyRequest, reply: FastifyReply) => {
    order.push(`own ${name}`)
    reply.header('Set-Cookie', `${name}=1`)
  }
  const hooks = {
    onRequest: [own('onRequest'), own('second')],
    preValidation: own('preValidation'),
    preHandler: own('preHandler'),
    onSend: own('onSend'),
  }
  app.ws('/ws', hooks, (socket) => {
    order.push('handler')
    socket.send('open')
  })
  const running = await serve(t, app)
  const client = await running.send()
  const { headers } = await client.readHead()
  t.equal(headers['set-cookie'], 'onRequest=1\nsecond=1\npreValidation=1\npreHandler=1\nonSend=1')
  t.equal(await client.readText(), 'open')
  const before = ['onRequest', 'own onRequest', 'own second', 'preParsing', 'preValidation', 'own preValidation']
  const after = ['preHandler', 'own preHandler', 'onSend 101', 'own onSend']
  t.same(order.slice(0, 10), [...before, ...after])
  t.same(order.slice(10).sort(), ['handler', 'onResponse 101'])
})

t.test('plugins are encapsulated, with their prefixes, hooks and error handlers', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  app.setErrorHandler((error, _request, reply) => reply.code(418).send(`outside: ${(error as Error).message}`))
  await app.register(
    async (inner) => {
      inner.addHook('onRequest', async (_request, reply) => void reply.header('x-inner', 'yes'))
      inner.setErrorHandler((error, _request, reply) => reply.code(409).send(`inside: ${(error as Error).message}`))
      inner.ws('/ws', say('inner'))
      inner.ws('/fails', { preHandler: () => Promise.reject(new Error('no')) }, say('never'))
      await inner.register(
        async (innermost) =>
          void innermost.ws(
            '/deep/:at',
            tell(({ params }) => params),
          ),
        {
          prefix: '/v1',
        },
      )
    },
    { prefix: '/in' },
  )
  app.ws('/ws', say('outer'))
  app.ws('/fails', { preHandler: () => Promise.reject(new Error('no')) }, say('never'))
  const running = await serve(t, app)
  const inner = await running.send({ path: '/in/ws' })
  t.match((await inner.readHead()).headers, { 'x-inner': 'yes' })
  const outer = await running.send()
  t.equal((await outer.readHead()).headers['x-inner'], undefined)
  t.equal(await told(running, '/in/v1/deep/down'), '{"at":"down"}')
  t.same(await refused(running, '/in/fails'), [409, 'inside: no'])
  t.same(await refused(running, '/fails'), [418, 'outside: no'])
  t.equal((await refused(running, '/in/nowhere'))[0], 404)
})

t.test('registered again in a plugin, options are laid over those outside', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin, { maxMessageBytes: 400, passUpgrades: ['/passed'] })
  app.ws('/outer', say('open'))
  await app.register(async (inner) => {
    await inner.register(wsPlugin, { maxMessageBytes: 300 })
    inner.ws('/inner', say('open'))
    await inner.register(async (innermost) => {
      await innermost.register(wsPlugin, { protocols: ['x'] })
      innermost.ws('/innermost', say('open'))
      innermost.ws('/own', { ws: { maxMessageBytes: 200 } }, say('open'))
      t.same([app.ws.connections, innermost.ws.connections], [innermost.ws.connections, app.ws.connections])
    })
    inner.ws('/inner/after', say('open'))
  })
  app.ws('/outer/after', say('open'))
  const running = await serve(t, app)
  const limits: [path: string, maxMessageBytes: number, protocol?: string][] = [
    ['/outer', 400],
    ['/inner', 300],
    ['/innermost', 300, 'x'],
    ['/own', 200, 'x'],
    ['/inner/after', 300],
    ['/outer/after', 400],
  ]
  for (const [path, limit, protocol] of limits) {
    const client = await running.send({ path, headers: { 'sec-websocket-protocol': 'x' } })
    t.equal((await client.readHead()).headers['sec-websocket-protocol'], protocol, path)
    client.write(Buffer.concat([clientFrame(2, Buffer.alloc(limit)), clientFrame(2, Buffer.alloc(limit + 1))]))
    t.same(await client.readToEnd(), ['text open', 'close 1009', 'fin'], `${path}: ${limit}`)
    client.end()
  }
})

t.test('schemas check parameters, query and headers', async (t) => {
  const whole = (name: string) => ({ type: 'object', properties: { [name]: { type: 'integer' } }, required: [name] })
  const app = Fastify()
  await app.register(wsPlugin)
  const schema = { params: whole('id'), querystring: whole('page'), headers: whole('x-count') }
  app.ws(
    '/item/:id',
    { schema },
    tell(({ params, query, headers }) => [params, query, headers['x-count']]),
  )
  const running = await serve(t, app)
  const counted = { headers: { 'x-count': '3' } }
  t.equal(await told(running, '/item/7?page=2', counted), '[{"id":7},{"page":2},3]')
  for (const [path, what] of [
    ['/item/x?page=2', 'params/id must be integer'],
    ['/item/7', "querystring must have required property 'page'"],
  ]) {
    const client = await running.send({ path, ...counted })
    t.match(await client.readAnswer(), { status: 400, body: what }, what)
    t.equal(await client.rest(), '')
  }
  t.equal((await refused(running, '/item/7?page=2'))[0], 400, 'headers')
})

t.test('decorators, cookies and sessions are there, and set their cookies on the 101', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  await app.register(cookie)
  await app.register(session, { secret: 'x'.repeat(32), cookie: { secure: false } })
  app.decorateRequest('user', '')
  app.decorate('greeting', 'hello')
  app.addHook('onRequest', async (request, reply) => {
    const { query, session } = request as FastifyRequest<{ Querystring: { name: string } }>
    Object.assign(request, { user: query.name })
    const visits = session as unknown as { count?: number }
    visits.count = (visits.count ?? 0) + 1
    reply.setCookie('seen', 'yes')
  })
  app.ws(
    '/ws',
    tell((request) => {
      const { user, server, session } = request as unknown as Record<string, { greeting?: string; count?: number }>
      return [server.greeting, user, session.count]
    }),
  )
  const running = await serve(t, app)
  const first = await running.send({ path: '/ws?name=ada' })
  const cookies = (await first.readHead()).headers['set-cookie']
  t.match(cookies, /seen=yes/)
  t.match(cookies, /sessionId=/)
  t.equal(await first.readText(), '["hello","ada",1]')
  const back = cookies.split('\n').map((line) => line.split(';')[0])
  t.equal(await told(running, '/ws?name=eve', { headers: { cookie: back.join('; ') } }), '["hello","eve",2]')
})

t.test('one path may be both, and what catches all of HTTP loses', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  app.get('/*', () => 'all over http')
  app.get('/both/:x', ({ params }) => params)
  app.all('/every', () => 'every method')
  app.ws('/both/:x', say('both'))
  app.ws('/only', say('only'))
  app.ws('/every', say('every'))
  app.ws(
    '/many/*',
    tell(({ params }) => params),
  )
  app.ws('/hosted', { constraints: { host: 'one.example' } }, say('one'))
  app.ws('/hosted', { constraints: { host: 'two.example' } }, say('two'))
  const running = await serve(t, app)
  for (const name of ['both/1', 'only', 'every']) t.equal(await told(running, `/${name}`), name.split('/')[0])
  t.equal(await told(running, '/many/a/b'), '{"*":"a/b"}')
  t.equal(await told(running, '/hosted', { headers: { host: 'one.example' } }), 'one')
  t.equal(await told(running, '/hosted', { headers: { host: 'two.example' } }), 'two')
  t.equal((await refused(running, '/hosted'))[0], 404)
  for (const [url, body] of [
    ['/both/1', '{"x":"1"}'],
    ['/only', 'all over http'],
    ['/every', 'every method'],
  ]) {
    t.equal((await app.inject(url)).body, body, `${url} over HTTP`)
  }
  t.equal((await refused(running, '/nowhere'))[0], 404, 'a catch-all for GET takes no upgrades')
})

t.test('the plugin says what is wrong with how it is used', async (t) => {
  t.equal(wsPlugin, named)
  const wrong: [options: unknown, message: RegExp][] = [
    [{ maxPayload: 1 }, /no option maxPayload/],
    [{ maxMessage: 1 }, /did you mean maxMessageBytes/],
    [{ maxMessageBytes: 0 }, /maxMessageBytes takes a whole number of bytes/],
    [{ origins: ['https://app.example/'] }, /no trailing slash/],
    [{ drain: { deadline: 1 } }, /drain.deadline/],
    [{ logger: console.log }, /logger/],
  ]
  for (const [options, message] of wrong) {
    await t.rejects(() => registering(Fastify(), options), { name: 'TypeError', message })
  }
  const app = Fastify()
  await app.register(wsPlugin)
  const { ws } = app as unknown as { ws: (...args: unknown[]) => unknown }
  t.throws(() => ws('/x'), { name: 'TypeError', message: /handler/ })
  t.throws(() => ws('/x', {}), { name: 'TypeError', message: /handler/ })
  t.throws(() => ws('/x', { ws: { origins: 1 } }, say('x')), { name: 'TypeError', message: /origins/ })
  t.throws(() => ws('/x', { ws: { logger: console } }, say('x')), { name: 'TypeError', message: /logger is the app's/ })
  t.doesNotThrow(() => ws('/no-options', undefined, say('x')))
  t.equal(app.ws('/x', say('x')), app, 'and ws() can be chained')
  await t.rejects(() => registering(app), { message: /already/ })
  const apart = Fastify()
  await apart.register(async (inner) => registering(inner))
  const beside = async (): Promise<void> => {
    await apart.register(async (inner) => registering(inner))
  }
  await t.rejects(beside, { name: 'TypeError', message: /register it once around both/ })
  const later = Fastify()
  later.register(wsPlugin, { prefix: '/ignored', logLevel: 'warn' } as AppOptions)
  later.register(async (inner) => void inner.ws('/ws', say('in time')))
  t.equal(await told(await serve(t, later as FastifyInstance), '/ws'), 'in time', 'a later plugin needs no await')
})
