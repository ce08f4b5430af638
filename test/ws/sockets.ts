/** Limits, flow and faults on the sockets of a WebSocketServer. */

import { once } from 'node:events'
import type { WebSocket } from 'ws'
import { clientFrame } from '../protocol/wire.ts'
import { insideOf, type Scenario, settled, textOf } from './stage.ts'

export const SOCKETS: Record<string, Scenario> = {
  async 'faults of the client: error, and the code it is closed with'(stage) {
    const server = await stage.listen({ maxPayload: 1_000 })
    const faults: [name: string, bytes: Buffer][] = [
      ['too long', clientFrame(1, 'x'.repeat(1_001))],
      ['not masked', Buffer.from('8100', 'hex')],
      ['a reserved opcode', clientFrame(3, '')],
      ['text that is not UTF-8', clientFrame(1, Buffer.from('ff', 'hex'))],
      ['a control frame in parts', clientFrame(9, '', { fin: false })],
    ]
    let closed: Promise<number> = Promise.resolve(0)
    server.on('connection', (socket) => {
      socket.on('error', (error) => stage.log('error', error instanceof Error))
      closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)))
    })
    for (const [name, bytes] of faults) {
      const client = await stage.raw(server, { path: '/' }, bytes)
      await client.readHead()
      const seen = await client.readToEnd()
      client.end()
      const code = await closed
      stage.log(name, seen.join(), 'closed', code)
    }
  },

  async 'maxPayload: 100 MiB, and none'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    client.send(Buffer.alloc(20_000_000))
    const [data] = await once(socket, 'message')
    stage.log((data as Buffer).length)
    server.on('connection', (one) => one.on('error', () => undefined))
    const raw = await stage.raw(server, { path: '/' })
    await raw.readHead()
    raw.write(Buffer.from('82ff0000000006400001' + '00000000', 'hex'))
    stage.log((await raw.readToEnd()).join())
    server.options.maxPayload = 0
    const [other, unlimited] = await stage.open(server)
    other.send(Buffer.alloc(2_000_000))
    const [all] = await once(unlimited, 'message')
    stage.log((all as Buffer).length)
  },

  async 'options that are changed later count from the next handshake on'(stage) {
    const server = await stage.listen()
    server.options.maxPayload = 10
    const [client, socket] = await stage.open(server)
    socket.on('error', () => undefined)
    client.send('eleven chars')
    const [code] = await once(client, 'close')
    stage.log(code)
  },

  async 'a listener that returns a promise keeps nobody waiting'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    let answered: () => void = () => undefined
    socket.on('message', async (data) => {
      if (textOf(data) === 'answer') return answered()
      const answer = new Promise<void>((resolve) => {
        answered = resolve
      })
      socket.send('question')
      await answer
      socket.send('done')
    })
    client.send('call')
    await once(client, 'message')
    client.send('answer')
    const [data] = await once(client, 'message')
    stage.log(data)
  },

  async 'messages that come before there is a listener'(stage) {
    const server = await stage.listen()
    const connected = once(server, 'connection')
    await stage.raw(server, { path: '/' }, clientFrame(1, 'early'))
    const [socket] = (await connected) as [WebSocket]
    await settled(20)
    socket.on('message', (data) => stage.log('got', data))
    await settled(20)
    stage.log('listened')
  },

  async 'a client to which nobody listens is closed all the same'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    for (let i = 0; i < 50; i++) client.send('x'.repeat(10_000))
    client.close(4000)
    const [code] = await once(socket, 'close')
    stage.log(code)
  },

  async '_socket: the address, keep-alive, and its bytes'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const { _socket: inner } = insideOf(socket)
    inner.setKeepAlive(true, 1_000)
    stage.log(inner.remoteAddress, inner.remotePort === insideOf(client)._socket.localPort, inner.bytesWritten > 0)
    client.close()
    await once(socket, 'close')
    stage.log(insideOf(socket)._socket === inner)
  },

  async 'pause and resume'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const got: string[] = []
    socket.on('message', (data) => got.push(textOf(data)))
    socket.pause()
    stage.log(socket.isPaused)
    client.send('held')
    client.send('back')
    await settled(20)
    stage.log(got.length)
    const last = new Promise<void>((resolve) => {
      socket.on('message', (data) => textOf(data) === 'back' && resolve())
    })
    socket.resume()
    await last
    stage.log(got.join(), socket.isPaused)
  },

  async 'many sockets: a broadcast'(stage) {
    const server = await stage.listen()
    const clients: WebSocket[] = []
    for (let i = 0; i < 5; i++) clients.push((await stage.open(server))[0])
    const all = Promise.all(clients.map((client) => once(client, 'message')))
    for (const socket of server.clients) if (socket.readyState === stage.library.WebSocket.OPEN) socket.send('news')
    stage.log((await all).map(([data]) => String(data)).join())
  },

  async 'compressed, both ways'(stage) {
    const server = await stage.listen({ perMessageDeflate: { threshold: 10 } })
    server.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    })
    const [client] = await stage.open(server, '/', undefined, { perMessageDeflate: { threshold: 10 } })
    stage.log(client.extensions)
    for (const text of ['short', 'long '.repeat(100), 'x'.repeat(300_000)]) {
      client.send(text)
      const [data] = await once(client, 'message')
      stage.log((data as Buffer).length, textOf(data) === text)
    }
  },
}
