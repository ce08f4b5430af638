/** What a test's client sees of a route, the same on each host. */

import { once } from 'node:events'
import { inject } from '../../adapters/testing.ts'
import { onEachHost, refused } from './testing-stage.ts'

onEachHost([
  [
    'text comes back as text, and bytes as bytes',
    async (t, { open }) => {
      const socket = await open('/echo')
      socket.send('hello')
      socket.send(Buffer.from('01ff', 'hex'))
      t.equal(await socket.next(), 'hello')
      t.same(await socket.next(), Buffer.from('01ff', 'hex'))
      t.match(socket, { readyState: 1, protocol: '', extensions: '' })
    },
  ],
  [
    'what the server sends before anybody listens waits, even when it has closed meanwhile',
    async (t, { open }) => {
      const socket = await open('/greeting')
      t.same(await socket.closed, { code: 4000, reason: 'that was all', wasClean: true })
      t.equal(await socket.next(), 'hello')
      t.equal(await socket.next(), 'and goodbye')
      await t.rejects(socket.next(), /closed with 4000 \(that was all\) before a message came/)
    },
  ],
  [
    'it can be iterated, and listened to',
    async (t, { open }) => {
      const messages: unknown[] = []
      for await (const message of await open('/greeting')) messages.push(message)
      t.same(messages, ['hello', 'and goodbye'])
      const socket = await open('/echo')
      socket.send('once')
      t.same(await once(socket, 'message'), [Buffer.from('once'), false])
    },
  ],
  [
    'messages are asked for beforehand, and come in order',
    async (t, { open }) => {
      const socket = await open('/echo')
      const asked = [socket.next(), socket.next(), socket.next()]
      for (const text of ['a', 'b', 'c']) socket.send(text)
      t.same(await Promise.all(asked), ['a', 'b', 'c'])
    },
  ],
  [
    'closing is a handshake',
    async (t, { open, ws }) => {
      const socket = await open('/echo')
      t.equal(ws.connections.size, 1)
      const [server] = ws.connections
      socket.close(1000, 'done')
      t.same(await server.closed, { code: 1000, reason: 'done', wasClean: true })
      t.match(await socket.closed, { code: 1000, wasClean: true })
      t.equal(ws.connections.size, 0)
    },
  ],
  [
    'the headers and cookies of the 101',
    async (t, { open }) => {
      const { response } = await open('/greeting')
      t.equal(response.status, 101)
      t.match(response.headers['set-cookie'], [/^a=1/, /^b=2; Path=\//])
    },
  ],
  [
    'the headers of the request',
    async (t, { open }) => {
      const socket = await open('/seen', { headers: { cookie: 'sid=1; theme=dark' } })
      t.match(JSON.parse(String(await socket.next())), { cookie: 'sid=1; theme=dark', ip: '127.0.0.1' })
    },
  ],
  [
    'where the client is',
    async (t, { open }) => {
      for (const remoteAddress of ['203.0.113.7', '2001:db8::1']) {
        const socket = await open('/seen', { remoteAddress })
        t.match(JSON.parse(String(await socket.next())), { ip: remoteAddress })
      }
    },
  ],
  [
    'a limit for each address',
    async (t, { app, open }) => {
      await open('/echo', { remoteAddress: '203.0.113.7' })
      await refused(t, inject(app, '/echo', { remoteAddress: '203.0.113.7' }), { status: 429 })
      await open('/echo', { remoteAddress: '203.0.113.8' })
    },
    { maxConnectionsPerAddress: 1 },
  ],
  [
    'a refusal rejects, with what was replied',
    async (t, { app }) => {
      await refused(t, inject(app, '/guarded'), {
        status: 401,
        headers: { 'x-reason': 'no token' },
        body: '{"error":"not you"}',
      })
    },
  ],
  [
    'what is not there is 404',
    async (t, { app }) => {
      await refused(t, inject(app, '/nowhere'), { status: 404 })
    },
  ],
  [
    'pages of other origins are refused',
    async (t, { app, open }) => {
      await open('/echo', { origin: 'http://localhost' })
      await open('/echo', { headers: { host: 'chat.example.com' }, origin: 'https://chat.example.com' })
      await refused(t, inject(app, '/echo', { origin: 'https://evil.example' }), { status: 403 })
    },
  ],
  [
    'a subprotocol',
    async (t, { open }) => {
      t.equal((await open('/echo', { protocols: ['chat.v1', 'chat.v2'] })).protocol, 'chat.v2')
      t.equal((await open('/echo')).protocol, '')
    },
    { protocols: ['chat.v2'] },
  ],
  [
    'compression',
    async (t, { open }) => {
      const socket = await open('/echo', { compression: true })
      t.match(socket.extensions, /^permessage-deflate/)
      const text = 'all work and no play '.repeat(1_000)
      socket.send(text)
      t.equal(await socket.next(), text)
    },
    { compression: true },
  ],
  [
    'many at once, each by itself',
    async (t, { open, ws }) => {
      const sockets = await Promise.all(Array.from({ length: 50 }, () => open('/echo')))
      for (const [i, socket] of sockets.entries()) socket.send(`${i}`)
      const answers = await Promise.all(sockets.map((socket) => socket.next()))
      t.same(
        answers,
        sockets.map((_, i) => `${i}`),
      )
      t.equal(ws.connections.size, 50)
      for (const socket of sockets.slice(1)) socket.close()
      await Promise.all(sockets.slice(1).map(({ closed }) => closed))
      sockets[0].send('still here')
      t.equal(await sockets[0].next(), 'still here')
    },
  ],
])
