/** What programs do with `new WebSocket(url)`: both times against `ws`'s server. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { type ServerOptions, WebSocketServer } from 'ws'
import { portOf, type Scenario, type Stage, textOf } from './stage.ts'

async function serve(stage: Stage, options: ServerOptions = {}): Promise<[WebSocketServer, string]> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options })
  stage.atEnd(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  await once(server, 'listening')
  return [server, `ws://127.0.0.1:${portOf(server)}`]
}

export const CLIENTS: Record<string, Scenario> = {
  async 'a client: open, messages, close'(stage) {
    const { WebSocket } = stage.library
    const [server, url] = await serve(stage)
    server.on('connection', (socket) =>
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
    )
    const client = new WebSocket(`${url}/chat?a=1`)
    stage.log(client.readyState, client.url === `${url}/chat?a=1`)
    await once(client, 'open')
    stage.log(client.readyState, client.protocol === '', client.extensions === '')
    for (const data of ['text', Buffer.from('binary')]) {
      client.send(data)
      const [back, isBinary] = await once(client, 'message')
      stage.log(back, isBinary)
    }
    client.close(4000, 'enough')
    const [code, reason] = await once(client, 'close')
    stage.log(code, reason, client.readyState)
  },

  async 'a client: headers, origin, subprotocols'(stage) {
    const { WebSocket } = stage.library
    const [server, url] = await serve(stage)
    server.on('connection', (_socket, { headers }) => {
      stage.log(
        headers['x-own'],
        headers.origin,
        String(headers['sec-websocket-protocol']).split(/, ?/),
        headers['sec-websocket-version'],
      )
    })
    for (const connect of [
      () => new WebSocket(url, ['a', 'b'], { headers: { 'X-Own': 'yes' }, origin: 'https://a.example' }),
      () => new WebSocket(url, 'a', { headers: { Origin: 'https://b.example' } }),
      () => new WebSocket(url, { headers: { 'X-Own': 'no list' }, perMessageDeflate: false, handshakeTimeout: 5_000 }),
    ]) {
      const client = connect()
      await once(client, 'open')
      stage.log(client.protocol)
      client.close()
      await once(client, 'close')
    }
  },

  async 'a client: compressed by default, where the server does'(stage) {
    const { WebSocket } = stage.library
    const [server, url] = await serve(stage, { perMessageDeflate: true })
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(textOf(data))))
    const client = new WebSocket(url)
    await once(client, 'open')
    const text = 'long '.repeat(10_000)
    client.send(text)
    const [data] = await once(client, 'message')
    stage.log(client.extensions.startsWith('permessage-deflate'), textOf(data) === text)
    client.close()
    await once(client, 'close')
  },

  async 'a client that is refused'(stage) {
    const { WebSocket } = stage.library
    const [, url] = await serve(stage, { verifyClient: () => false })
    const client = new WebSocket(url)
    const closed = new Promise((resolve) => client.on('close', resolve))
    const error = await new Promise<unknown>((resolve) => client.on('error', resolve))
    stage.log(error instanceof Error, await closed, client.readyState)
    const other = new WebSocket(url)
    other.on('error', () => undefined)
    const status = await new Promise<unknown>((resolve) => {
      other.on('unexpected-response', (request, response) => {
        resolve(response.statusCode)
        request.destroy()
      })
    })
    stage.log(status)
  },

  async 'a client whose server is not there, or speaks HTTP'(stage) {
    const { WebSocket } = stage.library
    const http = createServer((_request, response) => response.end())
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const url = `ws://127.0.0.1:${portOf(http)}`
    for (const close of [true, false]) {
      const client = new WebSocket(url)
      const closed = new Promise((resolve) => client.on('close', resolve))
      const error = await new Promise<unknown>((resolve) => client.on('error', resolve))
      stage.log(error instanceof Error, await closed)
      if (close) {
        http.closeAllConnections()
        http.close()
      }
    }
  },

  async 'a client: what is wrong is thrown'(stage) {
    const { WebSocket } = stage.library
    for (const [url, ...rest] of [['http//x'], ['ftp://x'], ['ws://x#y'], ['ws://x', 'a b'], ['ws://x', ['a', 'a']]]) {
      try {
        new WebSocket(url as string, ...(rest as [string[]])).on('error', () => undefined)
        stage.log(url, 'went through')
      } catch (error) {
        stage.log(url, (error as Error).name)
      }
    }
  },

  async 'a client that sends, and is given up, while it connects'(stage) {
    const { WebSocket } = stage.library
    const [, url] = await serve(stage)
    const client = new WebSocket(url)
    try {
      client.send('too early')
    } catch (error) {
      stage.log((error as Error).message.startsWith('WebSocket is not open: readyState 0 (CONNECTING)'))
    }
    const closed = new Promise((resolve) => client.on('close', resolve))
    client.on('error', (error) => stage.log('error', error instanceof Error))
    client.close()
    stage.log(await closed, client.readyState)
  },

  async 'a client as a stream'(stage) {
    const { WebSocket, createWebSocketStream } = stage.library
    const [server, url] = await serve(stage)
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
    const duplex = createWebSocketStream(new WebSocket(url))
    duplex.write('before it is open')
    const [data] = await once(duplex, 'data')
    stage.log(data)
    const closed = once(duplex, 'close')
    duplex.end()
    await closed
    stage.log(duplex.destroyed)
  },
}
