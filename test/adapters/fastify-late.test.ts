/** Hooks that fail when the 101 is out, and replies that are held up on their way. */

import { EventEmitter, once } from 'node:events'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t from 'tap'
import wsPlugin from '../../adapters/fastify.ts'
import type { AppOptions } from '../../src/index.ts'
import { describe } from '../hosts/raw-client.ts'
import { clientFrame } from '../protocol/wire.ts'
import { serve } from './fastify-app.ts'
import { refused, say, told } from './telling.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const late = async (): Promise<never> => {
  await turn()
  await turn()
  throw new Error('too late')
}

type Done = (error: null, payload: unknown) => void

interface Logged {
  readonly app: FastifyInstance
  readonly messages: string[]
}

async function logging(options: AppOptions = {}): Promise<Logged> {
  const messages: string[] = []
  const error = (details: object): void => void messages.push((details as { err: Error }).err.message)
  const app = Fastify()
  await app.register(wsPlugin, { logger: { warn: error, error }, ...options })
  return { app, messages }
}

t.test('an onSend hook that goes on and then fails closes with 1011', async (t) => {
  const { app, messages } = await logging()
  app.ws(
    '/throws',
    {
      onSend: (_request, _reply, payload, done: Done) => {
        done(null, payload)
        throw new Error('too late')
      },
    },
    say('open'),
  )
  app.ws(
    '/rejects',
    {
      onSend: (_request, _reply, payload, done: Done) => {
        done(null, payload)
        return late() as never
      },
    },
    say('open'),
  )
  const running = await serve(t, app)
  for (const path of ['/throws', '/rejects']) {
    const client = await running.open({ path })
    t.equal(await client.readText(), 'open')
    t.equal(describe(await client.readFrame()), 'close 1011', path)
    client.write(clientFrame(8, Buffer.of(3, 243)))
    t.equal(await client.rest(), '')
    t.same(messages.splice(0), ['too late'], `${path}: logged once`)
    client.end()
  }
})

t.test('no error handler replies behind the 101', async (t) => {
  const { app, messages } = await logging()
  const seen: unknown[] = []
  app.setErrorHandler(async (error, _request, reply) => {
    seen.push(error)
    return reply.code(500).send('sorry')
  })
  const fails = {
    onSend: (_request: unknown, _reply: unknown, payload: unknown, done: Done) => {
      done(null, payload)
      return late() as never
    },
  }
  app.ws('/ws', fails, say('open'))
  const running = await serve(t, app)
  const client = await running.open()
  t.equal(await client.readText(), 'open')
  t.equal(describe(await client.readFrame()), 'close 1011')
  t.same([messages, seen], [['too late'], []])
  client.destroy()
})

t.test('a reply of any hook is a refusal, also while hooks hold it up', async (t) => {
  const { app } = await logging()
  app.addHook('onSend', async () => turn())
  app.addHook('onRequest', (request, reply, done) => {
    if (request.url === '/app') reply.send('not today')
    done()
  })
  const opened: string[] = []
  const hook = (_request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    reply.send('not today')
    done()
  }
  app.ws('/app', () => void opened.push('app'))
  app.ws('/onRequest', { onRequest: hook }, () => void opened.push('onRequest'))
  app.ws('/preHandler', { preHandler: hook }, () => void opened.push('preHandler'))
  app.ws('/redirect', { preHandler: async (_, reply) => void reply.redirect('/') }, () => void opened.push('redirect'))
  app.ws(
    '/async',
    { preHandler: async (_, reply) => void reply.send({ not: 'today' }) },
    () => void opened.push('async'),
  )
  app.ws('/ws', say('open'))
  const running = await serve(t, app)
  for (const path of ['/app', '/onRequest', '/preHandler'])
    t.same(await refused(running, path), [200, 'not today'], path)
  t.equal((await refused(running, '/redirect'))[0], 302)
  t.same(await refused(running, '/async'), [200, '{"not":"today"}'])
  t.same(opened, [])
  t.equal(await told(running, '/ws'), 'open')
})

t.test('onRequestAbort runs when the client leaves during a hook', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  const arrived = new EventEmitter()
  const never = (): Promise<void> => {
    arrived.emit('hook')
    return new Promise(() => undefined)
  }
  const aborted = new Promise<string>((resolve) => {
    app.addHook('onRequestAbort', async ({ url }) => resolve(url))
  })
  app.ws('/ws', { preHandler: never }, say('never'))
  const running = await serve(t, app)
  const isWaiting = once(arrived, 'hook')
  const client = await running.send()
  await isWaiting
  client.reset()
  t.equal(await aborted, '/ws')
})
