/** Handshakes whose hooks take their time, or do not do what is theirs to do: none is left open for ever. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import t from 'tap'
import { WebSocketServer } from '../../adapters/ws.ts'
import { FakeClock } from '../support/clock.ts'
import { ask, fail, listen, listening, portOf, status } from './serving.ts'
import { settled } from './stage.ts'

const WRONG = { headers: { 'sec-websocket-key': 'bad' } }

/** The socket that the first 'wsClientError' listener is given. */
async function givenBy(server: WebSocketServer): Promise<Duplex> {
  const [, socket] = await once(server, 'wsClientError')
  return socket
}

t.test('a client that resets while a wsClientError listener has its socket', async (t) => {
  const { server, port } = await listen(t)
  const given = givenBy(server)
  const client = await ask(t, port, WRONG)
  const socket = await given
  client.reset()
  await new Promise((resolve) => socket.once('close', resolve))
  t.equal(await status(t, port), 101)
})

t.test('a wsClientError listener that fails: its socket is destroyed, and the log says why', async (t) => {
  const { server, port, logged } = await listen(t)
  server.on('wsClientError', fail)
  const client = await ask(t, port, WRONG)
  t.equal(await client.rest(), '')
  t.strictSame(logged, [
    "sockroute: a 'wsClientError' listener failed; its socket is destroyed Error: a fault of the program",
  ])
  t.equal(await status(t, port), 101)
})

t.test('a wsClientError listener that does nothing: its socket is destroyed when the time is over', async (t) => {
  const clock = new FakeClock()
  const { server, port } = await listen(t, { clock })
  const given = givenBy(server)
  await ask(t, port, WRONG)
  const socket = await given
  await clock.advance(29_999)
  t.notOk(socket.destroyed)
  await clock.advance(1)
  t.ok(socket.destroyed)
})

t.test('a wsClientError listener that has answered: no timer is left', async (t) => {
  const clock = new FakeClock()
  const { server, port } = await listen(t, { clock })
  const before = clock.timers
  const given = givenBy(server)
  const client = await ask(t, port, WRONG)
  const socket = await given
  socket.end('HTTP/1.1 400 Bad Request\r\n\r\n', () => socket.destroy())
  t.match(await client.rest(), /^HTTP\/1.1 400 /)
  t.equal(clock.timers, before)
})

t.test('a client that has ended its side when verifyClient decides is no connection', async (t) => {
  const { server, port } = await listen(t, {
    verifyClient: ({ req }, decide) => void req.socket.once('end', () => decide(true)),
  })
  server.on('connection', () => t.fail('it has left'))
  const client = await ask(t, port, {})
  client.end()
  t.equal(await client.rest(), '')
})

t.test('shouldHandle that answers later', async (t) => {
  const { server, port } = await listen(t)
  server.shouldHandle = async ({ url }) => (url === '/fails' ? fail() : url === '/yes')
  t.equal(await status(t, port, { path: '/yes' }), 101)
  t.equal(await status(t, port, { path: '/no' }), 400)
  t.equal(await status(t, port, { path: '/fails' }), 500)
})

t.test('shouldHandle that answers later, beside another server: the first that may take it does', async (t) => {
  const http = createServer()
  const [first, second] = [{ server: http }, { server: http, path: '/yes' }].map(
    (options) => new WebSocketServer(options),
  )
  first.shouldHandle = () => Promise.reject(new Error('a fault of the program'))
  second.on('connection', () => t.fail('it is the first that has it'))
  await listening(t, http)
  t.equal(await status(t, portOf(http), { path: '/yes' }), 500)
})

t.test('handleProtocols that returns a promise: the log says what to write', async (t) => {
  const { port, logged } = await listen(t, { handleProtocols: (async () => 'a') as never })
  t.equal(await status(t, port, { headers: { 'sec-websocket-protocol': 'a' } }), 500)
  t.match(logged, [/handleProtocols returned a promise/])
})

t.test(
  'handleUpgrade twice, while verifyClient decides: the first has the socket, and nothing is replied on it',
  async (t) => {
    const clock = new FakeClock()
    const logged: string[] = []
    const note = (_details: object, message: string): void => void logged.push(message)
    const server = new WebSocketServer({
      noServer: true,
      clock,
      pingIntervalMs: 'unlimited',
      logger: { warn: note, error: note },
      verifyClient: (_info, decide) => void setImmediate(decide, true),
    })
    const http = createServer().on('upgrade', (request, socket, head) => {
      for (const word of ['first', 'second']) server.handleUpgrade(request, socket, head, (client) => client.send(word))
    })
    await listening(t, http)
    const client = await ask(t, portOf(http), {})
    t.equal((await client.readHead()).status, 101)
    t.equal(await client.readText(), 'first')
    await settled()
    await clock.advance(60_000)
    t.equal(server.clients.size, 1)
    for (const socket of server.clients) socket.terminate()
    t.equal(await client.rest(), '')
    t.strictSame(logged, ['sockroute: a handshake was begun twice; the first has its socket'])
  },
)
