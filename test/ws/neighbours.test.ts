/** Several WebSocketServers on one HTTP server, and others beside them. */

import { createServer } from 'node:http'
import t from 'tap'
import { WebSocketServer } from '../../adapters/ws.ts'
import { createWebSockets } from '../../src/index.ts'
import { FakeClock } from '../support/clock.ts'
import { ask, listening, portOf, status } from './serving.ts'

t.test('a handshake behind another request waits for its response', async (t) => {
  const http = createServer((_request, response) => setImmediate(() => response.end('first')))
  const server = new WebSocketServer({ server: http })
  server.on('connection', (socket) => socket.terminate())
  await listening(t, http)
  const client = await ask(t, portOf(http), Buffer.from('GET / HTTP/1.1\r\nHost: h\r\n\r\n'), {})
  t.match(await client.rest(), /^HTTP\/1.1 200 OK[\s\S]*firstHTTP\/1.1 101 /)
})

t.test('what nobody of several servers on one HTTP server has is refused once', async (t) => {
  const http = createServer()
  for (const path of ['/a', '/b']) new WebSocketServer({ server: http, path })
  await listening(t, http)
  const client = await ask(t, portOf(http), { path: '/c' })
  t.match(await client.rest(), /^HTTP\/1.1 400 Bad Request\r\n(?![\s\S]*HTTP)/)
})

t.test('beside another upgrade listener: each has its own, and what nobody answers ends', async (t) => {
  const http = createServer()
  const clock = new FakeClock()
  const server = new WebSocketServer({ server: http, path: '/ws', clock })
  const others = new Promise<string>((resolve) => {
    http.on('upgrade', (request, socket) => {
      if (request.url === '/theirs') socket.end('HTTP/1.1 418 Teapot\r\n\r\n')
      if (request.url === '/nobody') resolve('seen')
    })
  })
  server.on('connection', (socket) => socket.terminate())
  await listening(t, http)
  t.equal(await status(t, portOf(http), { path: '/ws' }), 101)
  t.equal(await status(t, portOf(http), { path: '/theirs' }), 418)
  const client = await ask(t, portOf(http), { path: '/nobody' })
  t.equal(await others, 'seen')
  clock.advance(9_999)
  clock.advance(1)
  t.equal((await client.readHead()).status, 400)
})

t.test('beside an app of ours on the same server, which passes its path on', async (t) => {
  const http = createServer()
  const app = createWebSockets()
  http.on('upgrade', (request, socket, head) => {
    if (request.url === '/app') app.upgrade(request, socket, head, (ours) => void ours.send('from the app'))
  })
  new WebSocketServer({ server: http, path: '/ws' }).on('connection', (socket) => void socket.send('from ws'))
  await listening(t, http)
  for (const [path, text] of [
    ['/app', 'from the app'],
    ['/ws', 'from ws'],
  ]) {
    const client = await ask(t, portOf(http), { path })
    await client.readHead()
    t.equal(await client.readText(), text)
  }
})
