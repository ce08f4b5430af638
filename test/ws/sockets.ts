/** What programs do with the sockets of a WebSocketServer. */

import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { clientFrame } from '../protocol/wire.ts'
import { type Scenario, type Stage, settled, textOf } from './stage.ts'

/** What `ws`'s types do not name, and programs use. */
interface Inside {
  readonly _socket: Socket
}

const insideOf = (socket: WebSocket): Inside => socket as unknown as Inside

export const SOCKETS: Record<string, Scenario> = {
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

  async 'close by the client: code and reason'(stage) {
    const server = await stage.listen()
    for (const args of [[], [1000], [4000, 'why'], [1001, '']] as [number?, string?][]) {
      const [client, socket] = await stage.open(server)
      client.close(...args)
      const [code, reason] = await once(socket, 'close')
      stage.log(code, Buffer.isBuffer(reason), reason, socket.readyState)
      await once(client, 'close')
    }
  },

  async 'close by the server: code and reason'(stage) {
    const server = await stage.listen()
    for (const args of [[], [1000], [4000, 'why'], [4000, Buffer.from('bytes')]] as [number?, string?][]) {
      const [client, socket] = await stage.open(server)
      socket.close(...args)
      stage.log(socket.readyState)
      const [[code, reason], [own]] = await Promise.all([once(client, 'close'), once(socket, 'close')])
      stage.log(code, reason, 'server', own)
    }
  },

  async 'close with what is no code'(stage) {
    const server = await stage.listen()
    const [, socket] = await stage.open(server)
    for (const args of [[999], [1005], ['1000'], [1000, 'x'.repeat(124)], [5000]] as [number, string?][]) {
      try {
        socket.close(...args)
        stage.log(args[0], 'went through')
      } catch (error) {
        stage.log(args[0], (error as Error).name)
      }
    }
  },

  async terminate(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    socket.terminate()
    stage.log(socket.readyState >= 2)
    const [[code], [own]] = await Promise.all([once(client, 'close'), once(socket, 'close')])
    stage.log(code, own, socket.readyState)
    socket.terminate()
    socket.close()
  },

  async 'a client that is cut off'(stage) {
    const server = await stage.listen()
    const connected = once(server, 'connection')
    const client = await stage.raw(server, { path: '/' })
    const [socket] = (await connected) as [WebSocket]
    socket.on('error', () => stage.log('error'))
    await client.readHead()
    client.reset()
    const [code, reason] = await once(socket, 'close')
    stage.log(code, reason, server.clients.size)
  },

  async 'browser-style listeners'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    socket.onmessage = ({ type, data, target }) => stage.log('onmessage', type, data, target === socket)
    const listener = ({ data }: { data: unknown }): void => stage.log('listener', data)
    socket.addEventListener('message', listener)
    socket.addEventListener('message', listener)
    socket.addEventListener('message', ({ data }) => stage.log('once', data), { once: true })
    client.send('first')
    await once(socket, 'message')
    socket.removeEventListener('message', listener)
    client.send('second')
    await once(socket, 'message')
    stage.log(typeof socket.onmessage, socket.onclose)
    const closed = new Promise<void>((resolve) => {
      socket.onclose = ({ type, code, reason, wasClean }) => {
        stage.log(type, code, reason, wasClean)
        resolve()
      }
    })
    client.close(4001, 'bye')
    await closed
  },

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

  async 'a listener that throws'(stage) {
    const server = await stage.listen({ logger: QUIET } as never)
    const ends = processEnds(stage)
    for (const [how, told, fail] of [
      ['thrown', 'client closed with', () => fault()],
      ['rejected', 'client closed with', async () => fault()],
    ] as const) {
      const [client, socket] = await stage.open(server)
      socket.on('message', fail)
      const closed = once(client, 'close').then(([code]) => `${told} ${String(code)}`)
      client.send('now')
      const seen = await Promise.race([closed, ends().then(() => `the process would end: ${how}`)])
      stage.log(how === 'rejected' && seen.startsWith('client') ? `${seen} too` : seen)
    }
  },

  async 'a fault of the client to which nobody listens'(stage) {
    const server = await stage.listen({ maxPayload: 10 })
    const ends = processEnds(stage)
    const [client, socket] = await stage.open(server)
    const closed = new Promise<string>((resolve) => socket.on('close', (code) => resolve(`closed ${code}`)))
    client.send('more than ten bytes')
    stage.log(await Promise.race([closed, ends().then(() => 'the process would end')]))
  },

  async 'the code of an error'(stage) {
    const server = await stage.listen({ maxPayload: 10 })
    const [client, socket] = await stage.open(server)
    client.send('more than ten bytes')
    const [error] = await new Promise<[NodeJS.ErrnoException]>((resolve) => socket.on('error', (one) => resolve([one])))
    stage.log(error.code)
  },

  async 'the extensions of a compressed connection'(stage) {
    const perMessageDeflate = { serverNoContextTakeover: true, clientNoContextTakeover: true }
    const server = await stage.listen({ perMessageDeflate })
    const [, socket] = await stage.open(server)
    stage.log(socket.extensions)
  },

  async 'properties and events that nobody knows'(stage) {
    const server = await stage.listen()
    const [, socket] = await stage.open(server)
    const attempt = (name: string, task: () => unknown): void => {
      try {
        stage.log(name, task() ?? '')
      } catch (error) {
        stage.log(name, (error as Error).name)
      }
      stage.lines.push(String(stage.lines.pop()).trim())
    }
    attempt('binaryType', () => {
      socket.binaryType = 'other' as never
      return socket.binaryType
    })
    attempt('addEventListener', () => socket.addEventListener('other' as never, () => undefined))
  },

  async 'autoPong: false'(stage) {
    const server = await stage.listen({ autoPong: false })
    const [client, socket] = await stage.open(server)
    let pongs = 0
    client.on('pong', () => pongs++)
    const pinged = once(socket, 'ping')
    client.ping()
    await pinged
    socket.send('behind the pong')
    await once(client, 'message')
    stage.log('pongs', pongs)
  },

  async skipUTF8Validation(stage) {
    const server = await stage.listen({ skipUTF8Validation: true })
    const [client, socket] = await stage.open(server)
    socket.on('error', () => undefined)
    const seen = Promise.race([
      new Promise<string>((resolve) => socket.on('message', () => resolve('message'))),
      once(client, 'close').then(([code]) => `closed with ${String(code)}`),
    ])
    client.send(Buffer.from('ff', 'hex'), { binary: false })
    stage.log(await seen)
  },

  async 'a mask is asked for'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const seen = new Promise<string>((resolve) => {
      client.on('message', () => resolve('plain')).on('close', () => resolve('masked'))
    })
    socket.send('x', { mask: true })
    stage.log(await seen)
  },
}

const QUIET = { warn: () => undefined, error: () => undefined }

function fault(): never {
  throw new Error('a fault of the program')
}

/** Catches what would end the process. Returns what waits for the next. */
function processEnds(stage: Stage): () => Promise<unknown> {
  const names = ['uncaughtException', 'unhandledRejection'] as const
  const before = names.map((name) => [name, process.rawListeners(name)] as const)
  let tell: (error: unknown) => void = () => undefined
  for (const name of names) {
    process.removeAllListeners(name)
    process.on(name, (error: unknown) => tell(error))
  }
  stage.atEnd(() => {
    for (const [name, listeners] of before) {
      process.removeAllListeners(name)
      for (const listener of listeners) process.on(name, listener as () => void)
    }
  })
  return () =>
    new Promise((resolve) => {
      tell = resolve
    })
}
