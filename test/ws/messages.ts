/** Messages, pings and pongs on the sockets of a WebSocketServer. */

import { once } from 'node:events'
import type { WebSocket } from 'ws'
import { insideOf, type Scenario, settled, textOf } from './stage.ts'

export const MESSAGES: Record<string, Scenario> = {
  async 'messages, text and binary'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const got = new Promise<void>((resolve) => {
      socket.on('message', (data, isBinary) => {
        stage.log(Buffer.isBuffer(data), data, isBinary)
        if (textOf(data) === 'last') resolve()
      })
    })
    client.send('text')
    client.send(Buffer.from('binary'))
    client.send('')
    client.send('last')
    await got
  },

  async 'messages as ArrayBuffer'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    socket.binaryType = 'arraybuffer'
    client.send(Buffer.from('bytes'))
    const [data, isBinary] = await once(socket, 'message')
    stage.log(data instanceof ArrayBuffer, Buffer.from(data as ArrayBuffer), isBinary)
    socket.binaryType = 'nodebuffer'
    client.send(Buffer.from('bytes'))
    const [again] = await once(socket, 'message')
    stage.log(Buffer.isBuffer(again))
  },

  async 'send: every kind of data, options and callbacks'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const seen: string[] = []
    const got = new Promise<void>((resolve) => {
      client.on('message', (data, isBinary) => {
        seen.push(`${isBinary ? 'binary' : 'text'} ${textOf(data)}`)
        if (textOf(data) === 'last') resolve()
      })
    })
    socket.send('text')
    socket.send(Buffer.from('buffer'))
    socket.send(new Uint8Array([97, 98]))
    socket.send(new Uint8Array([97, 98]).buffer)
    socket.send(Buffer.from('as text'), { binary: false })
    socket.send('as binary', { binary: true })
    socket.send(42)
    socket.send(0)
    socket.send(undefined as never)
    socket.send([104, 105])
    socket.send('compressed or not', { compress: true, fin: true })
    socket.send('in ', { fin: false })
    socket.send('parts', { fin: true })
    socket.send('called back', (error) => stage.log('sent', error instanceof Error))
    socket.send('last', {}, (error) => stage.log('sent', error instanceof Error))
    await got
    await settled()
    for (const line of seen) stage.log(line)
  },

  async 'a Blob'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    try {
      socket.send(new Blob(['blob']) as never)
    } catch (error) {
      return stage.log((error as Error).name)
    }
    const [data, isBinary] = await once(client, 'message')
    stage.log(data, isBinary)
  },

  async 'send, ping and pong when it is closed'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    client.close()
    await once(socket, 'close')
    stage.log(socket.readyState)
    socket.send('nobody is there')
    await new Promise<void>((resolve) => {
      socket.send('nobody', (error) => {
        stage.log('send', error instanceof Error)
        resolve()
      })
    })
    await new Promise<void>((resolve) => {
      socket.ping('', false, (error) => {
        stage.log('ping', error instanceof Error)
        resolve()
      })
    })
  },

  async 'ping and pong, both ways'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    socket.ping('from the server')
    const [pong] = await once(socket, 'pong')
    stage.log('pong', pong)
    client.ping('from the client')
    const [ping] = await once(socket, 'ping')
    stage.log('ping', ping)
    const [answer] = await once(client, 'pong')
    stage.log('pong', answer)
    socket.ping(7)
    const [number] = await once(socket, 'pong')
    stage.log('pong', number)
    socket.pong('nobody asked', false, () => stage.log('pong sent'))
    const [unasked] = await once(client, 'pong')
    stage.log('pong', unasked)
    await settled()
  },

  async 'ping with too much'(stage) {
    const server = await stage.listen()
    const [, socket] = await stage.open(server)
    try {
      socket.ping(Buffer.alloc(126))
    } catch (error) {
      stage.log('threw', (error as Error).name)
    }
  },

  async "the heartbeat of ws's README"(stage) {
    const server = await stage.listen()
    type Alive = WebSocket & { isAlive: boolean }
    server.on('connection', (socket) => {
      ;(socket as Alive).isAlive = true
      socket.on('pong', function (this: WebSocket) {
        ;(this as Alive).isAlive = true
      })
    })
    const beat = (): void => {
      for (const socket of server.clients) {
        if (!(socket as Alive).isAlive) socket.terminate()
        else {
          ;(socket as Alive).isAlive = false
          socket.ping()
        }
      }
    }
    const [client, alive] = await stage.open(server)
    const [deaf, dead] = await stage.open(server)
    insideOf(deaf)._socket.pause()
    beat()
    await once(alive, 'pong')
    beat()
    const [code] = await once(dead, 'close')
    stage.log('terminated', code, alive.readyState, server.clients.size)
    client.close()
  },
}
