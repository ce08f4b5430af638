/** Users' mistakes that are a framework's own; those of all are in test/hosts/mistakes.test.ts. */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import Fastify from 'fastify'
import t from 'tap'
import { websockets } from '../../adapters/express.ts'
import wsPlugin from '../../adapters/fastify.ts'
import { ROOT } from '../support/root.ts'
import { onBoth, serve } from './express-app.ts'
import { say, told } from './telling.ts'

t.test('Fastify: a plugin that is not awaited leaves no ws, as types and README say', async (t) => {
  const app = Fastify()
  void app.register(wsPlugin)
  t.throws(() => app.ws('/ws', say('never')), { name: 'TypeError', message: /app\.ws is not a function/ })
  for (const [file, text] of [
    [
      'adapters/fastify-types.ts',
      /once `await app\.register\(wsPlugin\)` has run: without the await it is\s+\* undefined/,
    ],
    ['README.md', /once the plugin has been registered: without the `await` it is `undefined` at the next line/],
  ] as const) {
    t.match(readFileSync(`${ROOT}${file}`, 'utf8'), text, file)
  }
  await app.ready()
  await app.close()
})

t.test('Fastify: the same route twice is refused, by its path', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  app.ws('/ws', say('one'))
  t.throws(() => app.ws('/ws', say('two')), { message: /already declared for route '\/ws'/ })
})

t.test('Fastify: options in the wrong place', async (t) => {
  const app = Fastify()
  await app.register(wsPlugin)
  const { ws } = app as unknown as { ws: (...args: unknown[]) => unknown }
  const hook = (): void => undefined
  t.throws(() => ws('/ws', { maxMessageBytes: 1 }, say('x')), {
    message: 'sockroute: the option maxMessageBytes belongs under ws: { ws: { maxMessageBytes: ... } }',
  })
  t.throws(() => ws('/ws', hook, say('x')), { message: /hooks go into it: \{ onRequest: requireUser \}/ })
})

await onBoth('the same ws route twice, of which the second is never reached, is warned about', async (t, framework) => {
  const warnings: Error[] = []
  const record = (warning: Error): void => void warnings.push(warning)
  process.on('warning', record)
  t.teardown(() => process.off('warning', record))
  const app = websockets(framework())
  app.ws('/twice', say('one'))
  app.ws('/twice', say('two'))
  app.ws('/room/:name', say('room'))
  app.ws('/room/lobby', say('lobby'))
  app.ws('/passes', (_request, _response, next) => next('route'), say('never'))
  app.ws('/passes', say('second'))
  app.ws('/other', say('other'))
  await new Promise((resolve) => setImmediate(resolve))
  t.match(warnings, [
    {
      code: 'SOCKROUTE_SHADOWED',
      message:
        "an earlier ws route also matches /twice, and takes all of its upgrades: put ws('/twice') first, or leave it out",
    },
    { message: /an earlier ws route also matches \/room\/lobby/ },
  ])
  t.equal(warnings.length, 2)
  const running = await serve(t, app)
  t.equal(await told(running, '/twice'), 'one')
  t.equal(await told(running, '/passes'), 'second')
})

await onBoth('a router or an app that is mounted before it has ws() works all the same', async (t, framework) => {
  const app = websockets(framework())
  const router = framework.Router()
  const sub = framework()
  app.use('/router', router)
  app.use('/sub', sub)
  websockets(router, { maxMessageBytes: 100 }).ws('/ws', say('router'))
  websockets(sub).ws('/ws', say('sub'))
  const running = await serve(t, app)
  t.equal(await told(running, '/router/ws'), 'router')
  t.equal(await told(running, '/sub/ws'), 'sub')
})

await onBoth('an app that listened before websockets() was called says what to write', async (t, framework) => {
  const plain = framework()
  const server = createServer(plain).listen(0, '127.0.0.1')
  const app = websockets(plain)
  app.ws('/ws', say('never'))
  const running = await serve(t, app, server)
  const client = await running.send()
  const { status, body } = await client.readAnswer()
  t.equal(status, 426)
  for (const text of ['const app = websockets(express())', 'app.listen()', 'attach(server, app)']) t.match(body, text)
})

await onBoth('a router that never got its ws() is told by Express', async (t, framework) => {
  const router = framework.Router() as unknown as { ws(path: string, handler: unknown): void }
  t.throws(() => router.ws('/ws', say('never')), { name: 'TypeError', message: /ws is not a function/ })
})
