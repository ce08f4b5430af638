/** Fastify apps for the tests of their adapter. */

import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { Connection } from '../../src/index.ts'
import type { AppVerbs } from '../../src/verbs.ts'
import type { Changes } from '../hosts/raw-client.ts'
import { type Running, run } from '../hosts/suite.ts'

/** Of an app whatever its server is. */
type AnyApp = Pick<FastifyInstance, 'close' | 'listen'> & { readonly server: unknown; readonly ws: AppVerbs }

export async function serve(t: Test, app: AnyApp, host = '127.0.0.1'): Promise<Running> {
  await app.listen({ port: 0, host })
  const server = app.server as FastifyInstance['server']
  return run(t, { server, ws: app.ws, close: () => app.close() as Promise<unknown> })
}

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

export const tell =
  <Request>(what: (request: Request) => unknown) =>
  (socket: Connection, request: Request): void => {
    socket.send(JSON.stringify(what(request)))
  }

export const say = (text: string) => (socket: Connection) => void socket.send(text)
