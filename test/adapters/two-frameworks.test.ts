/** Apps of two frameworks on one server: each has its routes, and one that ends is in nobody's way. */

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
    if (isExpressFirst) t.equal(await told(running, '/express'), 'express')
    else t.equal((await refused(running, '/express'))[0], 404, 'Fastify always answers')
    await app.ws.close({ deadlineMs: 0 })
    t.equal(await told(running, '/both'), 'express')
    t.equal(await told(running, '/express'), 'express')
    t.equal((await refused(running, '/fastify'))[0], 503, 'no other has it')
    await other.ws.close({ deadlineMs: 0 })
    t.equal((await refused(running, '/both'))[0], 503)
  })
}
