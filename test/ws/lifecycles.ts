/** How servers begin, and end. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerOptions } from 'ws'
import { portOf, type Scenario, settled } from './stage.ts'

export const LIFECYCLES: Record<string, Scenario> = {
  async 'where it gets its connections from'(stage) {
    const http = createServer()
    const cases: [name: string, options: ServerOptions | undefined][] = [
      ['nothing', {}],
      ['no options', undefined],
      ['port and server', { port: 0, server: http }],
      ['port and noServer', { port: 0, noServer: true }],
      ['server and noServer', { server: http, noServer: true }],
      ['noServer: false', { noServer: false }],
      ['noServer', { noServer: true }],
      ['server', { server: http }],
    ]
    for (const [name, options] of cases) {
      try {
        new stage.library.WebSocketServer(options).close()
        stage.log(name, 'fine')
      } catch (error) {
        stage.log(name, (error as Error).name)
      }
    }
  },

  async 'its options, with the defaults'(stage) {
    const server = stage.make({ noServer: true, perMessageDeflate: true, path: '/x' })
    const { maxPayload, clientTracking, noServer, path, perMessageDeflate } = server.options
    stage.log(maxPayload, clientTracking, noServer, path, JSON.stringify(perMessageDeflate))
  },

  async 'listening: the callback, the event, the address'(stage) {
    const { library, log } = stage
    const server = new library.WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 10 }, () => log('callback'))
    server.on('listening', () => log('event'))
    await once(server, 'listening')
    const address = server.address() as { address: string; family: string; port: number }
    log(address.address, address.family, address.port > 0)
    server.close(() => log('closed'))
    log('address', server.address())
    await once(server, 'close')
  },

  async 'address() without a server'(stage) {
    try {
      stage.make({ noServer: true }).address()
    } catch (error) {
      stage.log('threw', (error as Error).name)
    }
  },

  async 'a port that is taken'(stage) {
    const first = await stage.listen()
    const second = new stage.library.WebSocketServer({ port: portOf(first), host: '127.0.0.1' })
    const [error] = await once(second, 'error')
    stage.log((error as NodeJS.ErrnoException).code)
  },

  async 'plain HTTP to a server of its own'(stage) {
    const server = await stage.listen()
    const answer = await stage.answer(server, { headers: { upgrade: undefined, connection: 'close' } })
    stage.log(answer.status, answer.body)
  },

  async 'an HTTP server that already listens, and its events'(stage) {
    const http = createServer((_request, response) => response.end('over http'))
    const server = stage.make({ server: http })
    server.on('listening', () => stage.log('listening'))
    server.on('error', (error) => stage.log('error', error.message))
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    http.emit('error', new Error('from below'))
    stage.log(portOf(server) === portOf(http))
    server.close()
    await once(server, 'close')
    http.emit('listening')
    const plain = await stage.answer(http, { headers: { upgrade: undefined, connection: 'close' } })
    stage.log('http goes on:', plain.body)
    http.close()
  },

  async 'close() leaves the sockets open, and waits for the last'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const [other] = await stage.open(server)
    stage.log(server.clients.size)
    server.on('close', () => stage.log('close event', server.clients.size))
    server.close((error) => stage.log('callback', error))
    await settled(20)
    stage.log('open still:', socket.readyState)
    socket.send('still here')
    const [data] = await once(client, 'message')
    stage.log(data)
    client.close()
    await once(client, 'close')
    await settled(20)
    stage.log(server.clients.size)
    other.close()
    await once(server, 'close')
  },

  async 'close() with an HTTP server of somebody else: waits for the sockets'(stage) {
    const http = await stage.http()
    const server = stage.make({ server: http })
    const connected = once(server, 'connection')
    const client = stage.client(http)
    await connected
    server.close(() => stage.log('closed'))
    await settled(20)
    stage.log('asked to')
    client.terminate()
    await once(server, 'close')
  },

  async 'close() with noServer and nobody'(stage) {
    const server = stage.make({ noServer: true })
    server.close(() => stage.log('closed'))
    stage.log('returned')
    await once(server, 'close')
  },

  async 'close() twice, and once more'(stage) {
    const server = stage.make({ noServer: true })
    server.close((error) => stage.log('first', error))
    server.close((error) => stage.log('second', error))
    await once(server, 'close')
    const closed = once(server, 'close')
    server.close((error) => stage.log('third', error?.name))
    await closed
  },

  async 'an upgrade after close()'(stage) {
    const http = await stage.http()
    const server = stage.make({ noServer: true })
    http.on('upgrade', (request, socket, head) =>
      server.handleUpgrade(request, socket, head, () => stage.log('opened')),
    )
    server.close()
    stage.log((await stage.answer(http)).status)
  },

  async 'without clientTracking'(stage) {
    const server = await stage.listen({ clientTracking: false })
    await stage.open(server)
    stage.log(server.clients)
    const other = stage.make({ noServer: true, clientTracking: false })
    other.close(() => stage.log('closed'))
    await once(other, 'close')
  },

  async 'a server of its own is closed with it'(stage) {
    const server = await stage.listen()
    const port = portOf(server)
    server.close()
    await once(server, 'close')
    const [error] = await once(stage.client({ address: () => ({ port, address: '', family: '' }) }), 'error')
    stage.log((error as NodeJS.ErrnoException).code)
  },
}
