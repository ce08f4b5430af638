/** Several apps on one server: each has its routes, and one that ends is in nobody's way. */

import express from 'express'
import Fastify from 'fastify'
import t from 'tap'
import { attach, websockets } from '../../adapters/express.ts'
import wsPlugin from '../../adapters/fastify.ts'
import { serve } from './fastify-app.ts'
import { refused, say, told } from './telling.ts'

for (const isExpressFirst of [true, false]) {
  t.test(`Express ${isExpressFirst ? 'before' : 'after'} Fastify`, async (t) => {
    const other = websockets(express())
    other.set('env', 'test')
    other.ws('/express', say('express'))
    other.ws('/both', say('express'))
    const app = Fastify()
    if (isExpressFirst) attach(app.server, other)
    await app.register(wsPlugin)
    if (!isExpressFirst) attach(app.server, other)
    app.ws('/fastify', say('fastify'))
    app.ws('/both', say('fastify'))
    const running = await serve(t, app)
    t.equal(await told(running, '/both'), isExpressFirst ? 'express' : 'fastify', 'the first one first')
    t.equal(await told(running, '/fastify'), 'fastify')
    t.equal(await told(running, '/express'), 'express')
    t.equal((await refused(running, '/nowhere'))[0], 404)
    await app.ws.close({ deadlineMs: 0 })
    t.equal(await told(running, '/both'), 'express')
    t.equal(await told(running, '/express'), 'express')
    t.equal((await refused(running, '/fastify'))[0], 503, 'no other has it')
    await other.ws.close({ deadlineMs: 0 })
    t.equal((await refused(running, '/both'))[0], 503)
  })
}

t.test('two apps of Fastify', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  app.ws('/one', say('one'))
  app.ws('/both', say('one'))
  const other = Fastify({ serverFactory: () => app.server })
  const seen: string[] = []
  other.addHook('onRequest', async ({ url }) => void seen.push(url))
  await other.register(wsPlugin)
  other.ws('/both', say('other'))
  other.ws('/other/:name', (socket, { params }) => void socket.send(params.name))
  other.setNotFoundHandler((_request, reply) => reply.code(404).send('not in either'))
  await other.ready()
  const running = await serve(t, app)
  t.equal(await told(running, '/one'), 'one')
  t.equal(await told(running, '/both'), 'one', 'the first one first')
  t.equal(await told(running, '/other/x'), 'x')
  t.same(await refused(running, '/nowhere'), [404, 'not in either'], 'the last one answers')
  t.same(seen, ['/other/x', '/nowhere'])
  t.same([app.ws.connections.size, other.ws.connections.size], [2, 1])
})

t.test('Fastify that has the plugin in one of its plugins replies always, and so comes last', async (t) => {
  const app = Fastify()
  await app.register(async (inner) => {
    await inner.register(wsPlugin)
    inner.ws('/fastify', say('fastify'))
  })
  const other = websockets(express())
  other.set('env', 'test')
  other.ws('/express', say('express'))
  attach(app.server, other)
  const running = await serve(t, Object.assign(app, { ws: other.ws }))
  t.equal(await told(running, '/express'), 'express')
  t.equal(await told(running, '/fastify'), 'fastify')
  t.same(JSON.parse((await refused(running, '/nowhere'))[1]).message, 'Route GET:/nowhere not found')
})
