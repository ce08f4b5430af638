/** What programs do with `createWebSocketStream`. */

import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Scenario } from './stage.ts'
import { settled } from './stage.ts'

export const STREAMS: Record<string, Scenario> = {
  async 'an echo through a pipe'(stage) {
    const server = await stage.listen()
    server.on('connection', (socket) => {
      const duplex = stage.library.createWebSocketStream(socket)
      duplex.pipe(duplex)
    })
    const [client] = await stage.open(server)
    client.send('there and back')
    const [data, isBinary] = await once(client, 'message')
    stage.log(data, isBinary)
  },

  async 'what is written are binary messages; strings with decodeStrings: false'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const duplex = stage.library.createWebSocketStream(socket, { decodeStrings: false })
    duplex.write('text')
    const [data, isBinary] = await once(client, 'message')
    stage.log(data, isBinary)
    duplex.write(Buffer.from('bytes'))
    const [bytes, too] = await once(client, 'message')
    stage.log(bytes, too)
  },

  async 'readableObjectMode: text as strings'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const duplex = stage.library.createWebSocketStream(socket, { readableObjectMode: true })
    client.send('text')
    const [data] = await once(duplex, 'data')
    stage.log(typeof data, data)
    client.send(Buffer.from('bytes'))
    const [bytes] = await once(duplex, 'data')
    stage.log(Buffer.isBuffer(bytes), bytes)
  },

  async 'a megabyte to the client, by pipeline'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    let bytes = 0
    client.on('message', (data) => {
      bytes += (data as Buffer).length
    })
    const closed = once(client, 'close')
    await pipeline(
      Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(16_384))),
      stage.library.createWebSocketStream(socket),
      async (source) => {
        for await (const _ of source as AsyncIterable<unknown>);
      },
    )
    const [code] = await closed
    stage.log(bytes, code)
  },

  async 'a megabyte from the client, to a slow sink'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    let bytes = 0
    const slow = new Writable({
      highWaterMark: 1_024,
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        setImmediate(done)
      },
    })
    const duplex = stage.library.createWebSocketStream(socket)
    const done = pipeline(duplex, slow)
    for (let i = 0; i < 64; i++) client.send(Buffer.alloc(16_384))
    client.close()
    await done
    stage.log(bytes)
  },

  async 'the end of what is written closes it; what the client sends still comes'(stage) {
    const server = await stage.listen()
    const connected = once(server, 'connection')
    const client = stage.client(server)
    const [socket] = await connected
    await once(client, 'open')
    const duplex = stage.library.createWebSocketStream(socket as never)
    for (const event of ['finish', 'end', 'close']) duplex.on(event, () => stage.log(event))
    const all = text(duplex)
    const closed = once(duplex, 'close')
    client.send('last words')
    duplex.end('the end')
    const [data] = await once(client, 'message')
    const [code] = await once(client, 'close')
    stage.log(data, code)
    stage.log(await all)
    await closed
  },

  async 'the client closes: the end, and nothing more can be written'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const duplex = stage.library.createWebSocketStream(socket)
    duplex.resume()
    client.close()
    await once(duplex, 'end')
    const closed = new Promise((resolve) => duplex.once('close', resolve))
    duplex.on('error', (error) => stage.log(error instanceof Error))
    duplex.write('too late')
    await closed
    stage.log(duplex.destroyed)
  },

  async 'destroy() cuts it off'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const duplex = stage.library.createWebSocketStream(socket)
    duplex.on('error', (error) => stage.log(error.message))
    const closed = once(client, 'close')
    duplex.destroy(new Error('enough'))
    const [code] = await closed
    await settled()
    stage.log(code, socket.readyState)
  },

  async 'a fault of the client is the error of the stream'(stage) {
    const server = await stage.listen({ maxPayload: 10 })
    const [client, socket] = await stage.open(server)
    const duplex = stage.library.createWebSocketStream(socket)
    duplex.resume()
    const failed = once(duplex, 'error')
    const closed = once(client, 'close')
    client.send('more than ten bytes')
    const [error] = await failed
    const [code] = await closed
    stage.log(error instanceof Error, code, duplex.destroyed)
  },

  async 'a client that is cut off in the middle of an upload'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const duplex = stage.library.createWebSocketStream(socket)
    client.send('half of it')
    const [half] = await once(duplex, 'data')
    stage.log(half)
    const ended = once(duplex, 'end')
    client.terminate()
    await ended
    stage.log('ended')
  },
}
