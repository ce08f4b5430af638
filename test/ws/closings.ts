/** How the sockets of a WebSocketServer end, and browser-style listeners. */

import { once } from 'node:events'
import type { WebSocket } from 'ws'
import type { Scenario } from './stage.ts'

export const CLOSINGS: Record<string, Scenario> = {
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
}
