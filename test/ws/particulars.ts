/** What `ws`'s own tests look at, and we do otherwise: on the list of differences, all of it. */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { portOf, type Scenario, type Stage, settled } from './stage.ts'

export const PARTICULARS: Record<string, Scenario> = {
  async 'a wrong parameter of an extension'(stage) {
    const server = await stage.listen({ perMessageDeflate: true })
    const headers = { 'sec-websocket-extensions': 'permessage-deflate; server_max_window_bits=99' }
    stage.log((await stage.answer(server, { headers })).status)
  },

  async 'the reason that a faulty client is told'(stage) {
    const server = await stage.listen()
    server.on('connection', (socket) => socket.on('error', () => undefined))
    const client = await stage.raw(server, { path: '/' }, Buffer.from('8100', 'hex'))
    await client.readHead()
    stage.log((await client.readFrame()).payload.subarray(2).toString())
  },

  async 'what is buffered right behind a send'(stage) {
    const server = await stage.listen()
    const [, socket] = await stage.open(server)
    socket.send('x'.repeat(1_000))
    stage.log(socket.bufferedAmount)
    await settled()
    stage.log('then', socket.bufferedAmount)
  },

  async 'a client that is given no subprotocol'(stage) {
    const server = await stage.listen({ handleProtocols: () => false })
    const client = new stage.library.WebSocket(urlOf(server), ['a'])
    stage.atEnd(() => client.terminate())
    stage.log(await first(client, 'open', 'error'))
  },

  async 'a client that looks at an unexpected response itself'(stage) {
    const client = new stage.library.WebSocket(urlOf(await stage.http()))
    for (const event of ['error', 'close']) client.on(event, () => stage.log(event))
    const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage]
    const gone = new Promise((resolve) => response.on('close', resolve))
    response.resume()
    await gone
    await settled()
    stage.log('looked')
  },

  async "a client's options for http.request"(stage) {
    const server = await stage.listen()
    stage.log(attempt(stage, () => new stage.library.WebSocket(urlOf(server), { auth: 'me:secret' })))
  },
}

const urlOf = (server: Parameters<typeof portOf>[0]): string => `ws://127.0.0.1:${portOf(server)}/`

function first(client: WebSocket, ...events: string[]): Promise<string> {
  return new Promise((resolve) => {
    for (const event of events) client.on(event, () => resolve(event))
  })
}

function attempt(stage: Stage, connect: () => WebSocket): string {
  try {
    const client = connect().on('error', () => undefined)
    stage.atEnd(() => client.terminate())
    return 'connects'
  } catch (error) {
    return (error as Error).name
  }
}
