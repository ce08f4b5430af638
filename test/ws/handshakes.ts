/** What programs do with the handshakes of a WebSocketServer. */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Scenario, shown } from './stage.ts'

export const HANDSHAKES: Record<string, Scenario> = {
  async 'a connection: the socket, and its request'(stage) {
    const { log, library } = stage
    const server = await stage.listen()
    server.on('connection', (socket, request) => {
      log(socket instanceof library.WebSocket, socket.readyState === library.WebSocket.OPEN, socket.OPEN)
      log(request.url, request.headers['x-own'], `protocol '${socket.protocol}'`, `extensions '${socket.extensions}'`)
      log(server.clients.size, server.clients.has(socket), socket.binaryType, socket.bufferedAmount, socket.isPaused)
    })
    await stage.open(server, '/chat?room=1', [], { headers: { 'x-own': 'yes' } })
  },

  async 'handleUpgrade calls back in the same turn'(stage) {
    const http = await stage.http()
    const server = stage.make({ noServer: true })
    const done = new Promise<void>((resolve) => {
      http.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (client, same) => {
          stage.log('called back', client.readyState, same === request)
          client.send('first')
        })
        stage.log('returned')
        resolve()
      })
    })
    const client = stage.client(http)
    await done
    const [data] = await once(client, 'message')
    stage.log('client got', data)
  },

  async 'handleUpgrade with a socket that is a WebSocket already'(stage) {
    const http = await stage.http()
    const server = stage.make({ noServer: true })
    const done = new Promise<void>((resolve) => {
      http.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, () => stage.log('once'))
        try {
          server.handleUpgrade(request, socket, head, () => stage.log('twice'))
        } catch (error) {
          stage.log('threw', (error as Error).name)
        }
        resolve()
      })
    })
    const client = stage.client(http)
    await Promise.all([done, once(client, 'open')])
  },

  async 'paths of several servers, by the listener of one HTTP server'(stage) {
    const http = await stage.http()
    const servers = { '/a': stage.make({ noServer: true }), '/b': stage.make({ noServer: true }) }
    for (const [path, server] of Object.entries(servers)) server.on('connection', (socket) => socket.send(`on ${path}`))
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const server = servers[request.url as '/a']
      if (server === undefined) socket.destroy()
      else server.handleUpgrade(request, socket, head, (client) => void server.emit('connection', client, request))
    })
    for (const path of ['/a', '/b']) {
      const [data] = await once(stage.client(http, path), 'message')
      stage.log(data)
    }
    const [error] = await once(stage.client(http, '/c'), 'error')
    stage.log((error as Error).message)
  },

  async 'the option path'(stage) {
    const server = await stage.listen({ path: '/chat' })
    for (const path of ['/chat', '/chat?a=1', '/chat/', '/other', '/chat%20']) {
      stage.log(path, (await stage.answer(server, { path })).status)
    }
  },

  async 'several paths on one HTTP server'(stage) {
    const http = await stage.http()
    for (const path of ['/a', '/b']) {
      stage.make({ server: http, path }).on('connection', (socket) => socket.send(`on ${path}`))
    }
    for (const path of ['/a', '/b', '/c']) stage.log(path, (await stage.answer(http, { path })).status)
  },

  async 'shouldHandle, assigned'(stage) {
    const server = await stage.listen()
    server.shouldHandle = (request) => request.headers['x-own'] === 'yes'
    stage.log((await stage.answer(server)).status)
    stage.log((await stage.answer(server, { headers: { 'x-own': 'yes' } })).status)
  },

  async 'shouldHandle, overridden'(stage) {
    const { library } = stage
    class Own extends library.WebSocketServer {
      override shouldHandle(request: IncomingMessage): boolean | Promise<boolean> {
        return request.url === '/own' && super.shouldHandle(request)
      }
    }
    const server = new Own({ port: 0, host: '127.0.0.1' })
    stage.atEnd(() => server.close())
    await once(server, 'listening')
    stage.log(server instanceof library.WebSocketServer, (await stage.answer(server)).status)
    const client = await stage.raw(server, { path: '/own' })
    stage.log((await client.readHead()).status)
  },

  async 'the headers event: lines are looked at, changed, and added'(stage) {
    const server = await stage.listen()
    server.on('headers', (lines, request) => {
      stage.log(lines[0], lines.length, request.url)
      lines.push('Set-Cookie: a=1', 'Set-Cookie: b=2', 'X-Own: yes')
    })
    const answer = await stage.answer(server, { path: '/x' })
    stage.log(shown(answer, 'upgrade', 'connection', 'sec-websocket-accept', 'x-own'))
    stage.log(JSON.stringify(answer.headers['set-cookie']))
  },

  async 'subprotocols: the first, unless handleProtocols says otherwise'(stage) {
    const server = await stage.listen()
    const ask = async (header?: string): Promise<void> => {
      const answer = await stage.answer(server, { headers: { 'sec-websocket-protocol': header } })
      stage.log(shown(answer, 'sec-websocket-protocol'))
    }
    await ask()
    await ask('a, b')
    server.options.handleProtocols = (protocols, request) => {
      stage.log(protocols instanceof Set, [...protocols].join(), request.url)
      return protocols.has('b') ? 'b' : false
    }
    await ask()
    await ask('a, b')
    await ask('a')
    await ask('a, a')
    await ask('a b')
  },

  async 'a subprotocol that was not offered'(stage) {
    const server = await stage.listen({ handleProtocols: () => 'mine' })
    stage.log((await stage.answer(server, { headers: { 'sec-websocket-protocol': 'yours' } })).status)
  },
}
