/** What engine.io asks of its WebSocket server. */

import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { WebSocket as WsSocket } from 'ws'
import { portOf, type Scenario, told } from './socket-io-stage.ts'

export const ENGINE_SCENARIOS: Record<string, Scenario> = {
  async "headers of the handshake, and an id of one's own"(stage) {
    const server = await stage.listen()
    server.engine.on('initial_headers', (headers: Record<string, string>) => {
      headers['x-initial'] = 'yes'
    })
    server.engine.on('headers', (headers: Record<string, string>) => {
      headers['x-each'] = 'yes'
    })
    server.engine.generateId = () => 'own-id'
    const raw = new WsSocket(`ws://127.0.0.1:${portOf(server)}/socket.io/?EIO=4&transport=websocket`)
    stage.atEnd(() => raw.terminate())
    const [[response], [hello]] = (await Promise.all([once(raw, 'upgrade'), once(raw, 'message')])) as [
      [{ headers: Record<string, string> }],
      [Buffer],
    ]
    stage.log(response.headers['x-initial'], response.headers['x-each'])
    stage.log(JSON.parse(hello.subarray(1).toString()).sid)
  },

  async 'middleware of the engine sets headers, too'(stage) {
    const server = await stage.listen()
    server.engine.use(
      (_request: unknown, response: { setHeader(name: string, value: string): void }, next: () => void) => {
        response.setHeader('x-middleware', 'was here')
        next()
      },
    )
    const raw = new WsSocket(`ws://127.0.0.1:${portOf(server)}/socket.io/?EIO=4&transport=websocket`)
    stage.atEnd(() => raw.terminate())
    const [response] = (await once(raw, 'upgrade')) as [{ headers: Record<string, string> }]
    stage.log(response.headers['x-middleware'])
  },

  async 'allowRequest refuses'(stage) {
    const server = await stage.listen({ allowRequest: (_request, decide) => decide('not today', false) })
    const raw = new WsSocket(`ws://127.0.0.1:${portOf(server)}/socket.io/?EIO=4&transport=websocket`)
    const [, response] = await new Promise<[unknown, { statusCode: number }]>((resolve) => {
      raw.on('unexpected-response', (...args) => resolve(args as never))
    })
    stage.log(response.statusCode)
    raw.on('error', () => undefined).terminate()
  },

  async 'an engine that does not know the transport, the session, or the version'(stage) {
    const server = await stage.listen()
    server.engine.on('connection_error', ({ code, message }: { code: number; message: string }) =>
      stage.log(code, message),
    )
    const paths = ['EIO=4&transport=other', 'EIO=4&transport=websocket&sid=unknown', 'EIO=3&transport=websocket']
    for (const query of paths) {
      const raw = new WsSocket(`ws://127.0.0.1:${portOf(server)}/socket.io/?${query}`)
      raw.on('error', () => undefined)
      stage.log(query, (await told(raw, 'close'))[0])
    }
  },

  async 'io.close() ends everything'(stage) {
    const server = await stage.listen()
    const [client] = await stage.open(server)
    const gone = told(client, 'disconnect')
    const http = server.httpServer as HttpServer
    const closed = once(http, 'close')
    await server.close()
    stage.log((await gone)[0])
    await closed
    stage.log('closed')
  },

  async 'the server listens again after its close'(stage) {
    const server = await stage.listen()
    await stage.open(server)
    const http = server.httpServer as HttpServer
    await server.close()
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const raw = new WsSocket(`ws://127.0.0.1:${portOf(server)}/socket.io/?EIO=4&transport=websocket`)
    const [hello] = (await once(raw, 'message')) as [Buffer]
    stage.log(hello.toString().slice(0, 1))
    raw.terminate()
    http.close()
  },

  async 'volatile events, and many in a row'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    let count = 0
    const last = new Promise<void>((resolve) => {
      client.on('n', (n: number) => {
        count++
        if (n === 4_999) resolve()
      })
    })
    for (let n = 0; n < 5_000; n++) socket.emit('n', n)
    await last
    stage.log(count)
    const volatile = told(client, 'v')
    socket.volatile.emit('v', 'arrives on an idle connection')
    stage.log((await volatile)[0])
  },
}
