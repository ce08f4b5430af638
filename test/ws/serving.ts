/** Servers for tests of ours alone, and who asks them. */

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { type ServerOptions, WebSocketServer } from '../../adapters/ws.ts'
import { type Changes, handshake, RawClient } from '../hosts/raw-client.ts'

export interface Listening {
  readonly server: WebSocketServer
  readonly port: number
  /** What the log was told. */
  readonly logged: string[]
}

export async function listen(t: Test, options: ServerOptions = {}): Promise<Listening> {
  const logged: string[] = []
  const note = (details: object, message: string): void => {
    logged.push(`${message} ${'err' in details ? String(details.err) : ''}`.trim())
  }
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', logger: { warn: note, error: note }, ...options })
  t.teardown(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  await once(server, 'listening')
  return { server, port: portOf(server), logged }
}

export async function ask(t: Test, port: number, ...sent: (Changes | Buffer)[]): Promise<RawClient> {
  const client = await RawClient.connect(port)
  t.teardown(() => client.destroy())
  for (const one of sent) client.write(Buffer.isBuffer(one) ? one : handshake(one))
  return client
}

export async function status(t: Test, port: number, changes: Changes = {}): Promise<number> {
  return (await (await ask(t, port, changes)).readHead()).status
}

export const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port

export const fail = (): never => {
  throw new Error('a fault of the program')
}

export async function listening(t: Test, http: Server): Promise<void> {
  http.listen(0, '127.0.0.1')
  t.teardown(() => {
    http.closeAllConnections()
    http.close()
  })
  await once(http, 'listening')
}
