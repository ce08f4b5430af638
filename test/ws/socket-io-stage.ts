/** Where Socket.IO is played: with `ws` as its engine, or with ours. */

import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type ServerOptions, type Socket } from 'socket.io'
import { type Socket as ClientSocket, io, type ManagerOptions, type SocketOptions } from 'socket.io-client'
import { WebSocketServer as WsServer } from 'ws'
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
