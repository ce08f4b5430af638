/** Handlers that tell something, and what a client gets to hear. */

import type { Connection } from '../../src/index.ts'
import type { Changes } from '../hosts/raw-client.ts'
import type { Running } from '../hosts/suite.ts'

/** Tells what it makes of the request. */
export const tell =
  <Request>(what: (request: Request) => unknown) =>
  (socket: Connection, request: Request): void => {
    socket.send(JSON.stringify(what(request)))
  }

export const say = (text: string) => (socket: Connection) => void socket.send(text)

/** The first thing that a connection to `path` is told. */
export async function told(app: Running, path: string, changes: Changes = {}): Promise<string> {
  const client = await app.open({ path, ...changes })
  return client.readText()
}

/** How the app answers a handshake that is refused. */
export async function refused(app: Running, path: string): Promise<[status: number, body: string]> {
  const client = await app.send({ path })
  const { status, body } = await client.readAnswer()
  return [status, body]
}
