/** What programs do with Socket.IO. */

import type { Socket } from 'socket.io'
import { type Scenario, told, transportOf } from './socket-io-stage.ts'

const MANY = 'many words '.repeat(2_000)

export const SCENARIOS: Record<string, Scenario> = {
  async 'WebSocket only: events, acknowledgements, binary both ways'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    stage.log(transportOf(socket).name, socket.handshake.address)
    socket.on('echo', (...args: unknown[]) => (args.pop() as (...args: unknown[]) => void)(...args))
    stage.log(JSON.stringify(await client.emitWithAck('echo', 'text', 1, { a: [true, null] })))
    const back = (await client.emitWithAck('echo', Buffer.from('binary'))) as Buffer
    stage.log(Buffer.isBuffer(back), back)
    client.on('add', (a: number, b: number, done: (sum: number) => void) => done(a + b))
    stage.log(await socket.emitWithAck('add', 1, 2))
    const bytes = told(client, 'bytes')
    socket.emit('bytes', Buffer.alloc(100_000, 'x'), 'and text')
    const [data, text] = (await bytes) as [Buffer, string]
    stage.log(data.length, text)
  },

  async 'polling, upgraded to a WebSocket; nothing is lost on the way'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server, { transports: ['polling', 'websocket'] })
    stage.log(transportOf(socket).name)
    const got: number[] = []
    const all = new Promise<void>((resolve) => {
      client.on('count', (n: number) => {
        got.push(n)
        if (n === 99) resolve()
      })
    })
    const upgraded = told(socket.conn, 'upgrade')
    for (let n = 0; n < 50; n++) socket.emit('count', n)
    await upgraded
    stage.log(transportOf(socket).name)
    for (let n = 50; n < 100; n++) socket.emit('count', n)
    await all
    stage.log(
      got.length,
      got.every((n, at) => n === at),
    )
  },

  async 'rooms: a broadcast, with one frame for all'(stage) {
    const server = await stage.listen()
    const opened = [await stage.open(server), await stage.open(server), await stage.open(server)]
    const frames = new Set<unknown>()
    let sent = 0
    for (const [, socket] of opened) {
      const { _sender } = transportOf(socket).socket
      const { sendFrame } = _sender
      _sender.sendFrame = (...args: unknown[]) => {
        sent++
        frames.add(args[0])
        return Reflect.apply(sendFrame, _sender, args)
      }
    }
    opened[0][1].join('room')
    opened[1][1].join('room')
    const told2 = opened.slice(0, 2).map(([client]) => told(client, 'news'))
    opened[2][0].on('news', () => stage.log('heard outside'))
    server.to('room').emit('news', 'for the room')
    stage.log(JSON.stringify(await Promise.all(told2)), 'frames', frames.size, 'sent', sent)
    const everybody = opened.map(([client]) => told(client, 'all'))
    server.emit('all', MANY)
    stage.log(
      (await Promise.all(everybody)).every(([text]) => text === MANY),
      'frames',
      frames.size,
      'sent',
      sent,
    )
    const others = told(opened[1][0], 'others')
    opened[0][1].broadcast.emit('others', Buffer.from('binary is not framed beforehand'))
    stage.log((await others)[0])
  },

  async 'a broadcast with acknowledgements'(stage) {
    const server = await stage.listen()
    const opened = [await stage.open(server), await stage.open(server)]
    for (const [at, [client]] of opened.entries()) client.on('who', (done: (at: number) => void) => done(at))
    stage.log((await server.timeout(5_000).emitWithAck('who')).sort().join())
  },

  async 'compressed, from the threshold on'(stage) {
    const server = await stage.listen({ perMessageDeflate: { threshold: 100 } })
    const [client, socket] = await stage.open(server)
    stage.log(transportOf(socket).socket.extensions.startsWith('permessage-deflate'))
    socket.on('echo', (text: string, done: (text: string) => void) => done(text))
    for (const text of ['short', MANY, MANY.repeat(10)]) {
      stage.log((await client.emitWithAck('echo', text)) === text)
    }
    const news = told(client, 'news')
    server.emit('news', MANY)
    stage.log((await news)[0] === MANY)
    const plain = told(client, 'plain')
    server.compress(false).emit('plain', MANY)
    stage.log((await plain)[0] === MANY)
  },

  async 'a message over maxHttpBufferSize closes'(stage) {
    const server = await stage.listen({ maxHttpBufferSize: 10_000 })
    const [client, socket] = await stage.open(server)
    const ended = Promise.all([told(client, 'disconnect'), told(socket, 'disconnect')])
    client.emit('big', 'x'.repeat(20_000))
    const [[seen], [reason]] = await ended
    stage.log(seen, '/', reason)
  },

  async 'disconnects, both ways'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const left = told(socket, 'disconnect')
    client.disconnect()
    stage.log((await left)[0])
    const [other, kept] = await stage.open(server)
    const gone = told(other, 'disconnect')
    kept.disconnect(true)
    stage.log((await gone)[0])
    const [third, cut] = await stage.open(server)
    const lost = told(cut, 'disconnect')
    third.io.engine.close()
    stage.log((await lost)[0], server.engine.clientsCount <= 1)
  },

  async 'namespaces, and middleware that refuses'(stage) {
    const server = await stage.listen()
    server.of('/admin').use((socket, next) => {
      next(socket.handshake.auth.token === 'right' ? undefined : new Error('not you'))
    })
    const [, socket] = await stage.open(server, { auth: { token: 'right' } }, '/admin')
    stage.log(socket.nsp.name)
    const [error] = await told(stage.client(server, {}, '/admin'), 'connect_error')
    stage.log((error as Error).message)
  },

  async 'connection state recovery: what was missed comes after all'(stage) {
    const server = await stage.listen({ connectionStateRecovery: { maxDisconnectionDuration: 60_000 } })
    const [client, socket] = await stage.open(server, { reconnection: true, reconnectionDelay: 10 })
    await socket.join('room')
    const first = told(client, 'news')
    server.to('room').emit('news', 'first')
    await first
    const gone = told(socket, 'disconnect')
    const again = new Promise<Socket>((resolve) => server.once('connection', resolve))
    const missed = told(client, 'news')
    client.io.engine.close()
    await gone
    server.to('room').emit('news', 'missed')
    const recovered = await again
    stage.log(recovered.recovered, recovered.id === socket.id, recovered.rooms.has('room'), (await missed)[0])
  },
}
