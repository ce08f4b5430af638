/** What Socket.IO does with its engine, and engine.io with that: played with `ws` as the engine, and with ours. */

import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type ServerOptions, type Socket } from 'socket.io'
import { type Socket as ClientSocket, io, type ManagerOptions, type SocketOptions } from 'socket.io-client'
import { WebSocketServer as WsServer, WebSocket as WsSocket } from 'ws'
import { WebSocketServer } from '../../adapters/ws.ts'

type ClientOptions = Partial<ManagerOptions & SocketOptions>

export const ENGINES: Readonly<Record<'ws' | 'ours', unknown>> = { ws: WsServer, ours: WebSocketServer }

/** Of the socket under a Socket.IO socket, what tests look at. */
interface Transport {
  readonly name: string
  readonly socket: { readonly extensions: string; readonly _sender: { sendFrame(...args: unknown[]): unknown } }
}

export const transportOf = (socket: Socket): Transport => socket.conn.transport as unknown as Transport

export class Stage {
  readonly lines: string[] = []
  readonly engine: unknown
  readonly #ends: (() => unknown)[] = []

  constructor(engine: unknown) {
    this.engine = engine
  }

  readonly log = (...words: unknown[]): void => {
    this.lines.push(words.map(String).join(' '))
  }

  atEnd(task: () => unknown): void {
    this.#ends.unshift(task)
  }

  async end(): Promise<void> {
    for (const task of this.#ends) await task()
  }

  async listen(options: Partial<ServerOptions> = {}): Promise<Server> {
    const http = createServer()
    const server = new Server(http, { wsEngine: this.engine, ...options } as Partial<ServerOptions>)
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    this.atEnd(() => server.close())
    return server
  }

  client(server: Server, options: ClientOptions = {}, namespace = ''): ClientSocket {
    const url = `http://127.0.0.1:${portOf(server)}${namespace}`
    const client = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options })
    this.atEnd(() => client.disconnect())
    return client
  }

  /** A client that is connected, and its socket on the server. */
  async open(server: Server, options: ClientOptions = {}, namespace = ''): Promise<[ClientSocket, Socket]> {
    const of = namespace === '' ? server : server.of(namespace)
    const connected = new Promise<Socket>((resolve) => of.once('connection', resolve))
    const client = this.client(server, options, namespace)
    const socket = await connected
    if (!client.connected) await told(client, 'connect')
    return [client, socket]
  }
}

export function portOf(server: Server): number {
  return ((server.httpServer as HttpServer).address() as AddressInfo).port
}

/** The arguments of the next event of that name. */
export function told(
  emitter: { once(event: string, listener: (...args: unknown[]) => void): unknown },
  event: string,
): Promise<unknown[]> {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)))
}

export type Scenario = (stage: Stage) => Promise<unknown>

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
