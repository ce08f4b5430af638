/** Where a scenario is played: with `ws` or with ours in the server's part, and everybody else the same. */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import * as ws from 'ws'
import * as ours from '../../adapters/ws.ts'
import { type Answer, type Changes, handshake, RawClient } from '../hosts/raw-client.ts'

/** `ws` itself, or what says that it is as good. */
export type Library = Pick<typeof ws, 'WebSocketServer' | 'WebSocket' | 'createWebSocketStream'>

export const WS: Library = ws
/** Typed as theirs: what their types promise is what programs rely on. */
export const OURS = ours as unknown as Library

type ServerOptions = ws.ServerOptions & { readonly closeTimeout?: number }

export class Stage {
  /** What has happened, a line each. Compared between the two. */
  readonly lines: string[] = []
  readonly library: Library
  readonly #ends: (() => unknown)[] = []

  constructor(library: Library) {
    this.library = library
  }

  readonly log = (...words: unknown[]): void => {
    this.lines.push(words.map((word) => (Buffer.isBuffer(word) ? `<${word.toString()}>` : String(word))).join(' '))
  }

  /** At the end of the scenario, the last first. */
  atEnd(task: () => unknown): void {
    this.#ends.unshift(task)
  }

  async end(): Promise<void> {
    for (const task of this.#ends) await task()
    await settled()
  }

  /** A server of its own that listens. */
  async listen(options: ServerOptions = {}): Promise<ws.WebSocketServer> {
    const server = this.make({ port: 0, host: '127.0.0.1', ...options })
    await once(server, 'listening')
    return server
  }

  /** One that is closed at the end, with all that is open. */
  make(options: ServerOptions): ws.WebSocketServer {
    const server = new this.library.WebSocketServer(options)
    const open = new Set<ws.WebSocket>()
    server.prependListener('connection', (socket) => open.add(socket))
    this.atEnd(() => {
      for (const socket of open) socket.terminate()
      server.close()
    })
    return server
  }

  /** An HTTP server that listens. */
  async http(): Promise<Server> {
    const server = createServer((_request, response) => response.end('over http'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.atEnd(() => {
      server.closeAllConnections()
      server.close()
    })
    return server
  }

  /** `ws`'s own client, for both. */
  client(server: Listening, path = '/', ...rest: unknown[]): ws.WebSocket {
    const [protocols, options] = rest as [string[] | undefined, ws.ClientOptions | undefined]
    const client = new ws.WebSocket(`ws://127.0.0.1:${portOf(server)}${path}`, protocols, options)
    client.on('error', () => undefined)
    this.atEnd(() => client.terminate())
    return client
  }

  /** The same, open; with the server's socket. */
  async open(server: ws.WebSocketServer, path = '/', ...rest: unknown[]): Promise<[ws.WebSocket, ws.WebSocket]> {
    const connected = once(server, 'connection')
    const client = this.client(server, path, ...rest)
    await once(client, 'open')
    const [socket] = (await connected) as [ws.WebSocket]
    return [client, socket]
  }

  /** A client that can say anything. */
  async raw(server: Listening, ...sent: (Changes | Buffer)[]): Promise<RawClient> {
    const client = await RawClient.connect(portOf(server))
    this.atEnd(() => client.destroy())
    for (const one of sent) client.write(Buffer.isBuffer(one) ? one : handshake(one))
    return client
  }

  /** What a handshake is answered, and what it says with it. */
  async answer(server: Listening, changes: Changes = {}): Promise<Answer> {
    const client = await this.raw(server, { path: '/', ...changes })
    const head = await client.readHead()
    return head.status === 101 ? head : { ...head, body: await client.rest() }
  }
}

interface Listening {
  address(): AddressInfo | ws.AddressInfo | string | null
}

export function portOf(server: Listening): number {
  return (server.address() as AddressInfo).port
}

/** A message as text: of a Buffer, as both give it unless they are told otherwise. */
export const textOf = (data: ws.RawData): string => (data as Buffer).toString()

/** An answer's status, and the header fields of these names. */
export const shown = ({ status, headers }: Answer, ...names: string[]): string =>
  [status, ...names.map((name) => `${name}=${headers[name]}`)].join(' ')

/** What `ws`'s types do not name, and programs use. */
interface Inside {
  readonly _socket: Socket
}

export const insideOf = (socket: ws.WebSocket): Inside => socket as unknown as Inside

/** Lets everything happen that needs no time. */
export async function settled(turns = 6): Promise<void> {
  for (let i = 0; i < turns; i++) await turn()
}

/** What a scenario does. It logs; whatever differs between the two libraries has to be on the list of differences. */
export type Scenario = (stage: Stage) => Promise<unknown>

/** What it has logged; an error is its last line. */
export async function play(library: Library, scenario: Scenario): Promise<string[]> {
  const stage = new Stage(library)
  try {
    await scenario(stage)
  } catch (error) {
    stage.log('failed:', error)
  }
  await stage.end()
  return stage.lines
}
