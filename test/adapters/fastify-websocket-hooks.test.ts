/** The drop-in for `@fastify/websocket`, when what a program gives it is not what it takes: the place is named, and others are served. */

import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import fastifyWebsocket, { type WebSocketServerOptions } from '../../adapters/fastify-websocket.ts'
import { serve } from './fastify-app.ts'

async function appWith(options: WebSocketServerOptions = {}): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(fastifyWebsocket, { options })
  app.get('/ws', { websocket: true }, (socket) => void socket.send('hi'))
  return app
}

const WRONG_LINES: [what: string, line: string, message: RegExp][] = [
  ['with a line break', 'X-A: a\r\nX-B: b', /'headers' listener left what is no line/],
  ['of nothing', '', /'headers' listener left what is no line/],
  ['without a colon', 'X-A', /'headers' listener left what is no 'name: value': "X-A"/],
  ['without a name', ': a', /'headers' listener left what is no 'name: value'/],
]

for (const [what, line, message] of WRONG_LINES) {
  t.test(`a 'headers' listener that adds a line ${what}: 500, and the reason`, async (t) => {
    const app = await appWith()
    app.websocketServer.once('headers', (lines) => void lines.push(line))
    const running = await serve(t, app)
    const { status, body } = await (await running.send({ path: '/ws' })).readAnswer()
    t.equal(status, 500)
    t.match(JSON.parse(String(body)).message, message)
    await running.open({ path: '/ws' })
  })
}

t.test("a 'headers' listener may take lines away, and add others before the rest", async (t) => {
  const app = await appWith()
  app.websocketServer.on('headers', (lines) => void lines.splice(0, 1, 'X-A: a: b', 'X-C: c'))
  const running = await serve(t, app)
  const { headers } = await (await running.send({ path: '/ws' })).readHead()
  t.match(headers, { 'x-a': 'a: b', 'x-c': 'c', upgrade: 'websocket' })
})

t.test('handleProtocols that returns a promise: 500, and what to write', async (t) => {
  const running = await serve(t, await appWith({ handleProtocols: (async () => 'a') as never }))
  const client = await running.send({ path: '/ws', headers: { 'sec-websocket-protocol': 'a' } })
  const { status, body } = await client.readAnswer()
  t.equal(status, 500)
  t.match(String(body), /handleProtocols returned a promise/)
})

t.test('injectWS takes a path', async (t) => {
  const app = await appWith()
  for (const path of ['ws', '', { headers: {} }, 'ws://localhost/ws']) {
    await t.rejects(app.injectWS(path as string), /injectWS takes a path such as '\/chat'/, JSON.stringify(path))
  }
})
