/** Fastify apps for the tests of their adapter. */

import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { AppVerbs } from '../../src/verbs.ts'
import { type Running, run } from '../hosts/suite.ts'

/** Of an app whatever its server is. */
type AnyApp = Pick<FastifyInstance, 'close' | 'listen'> & { readonly server: unknown; readonly ws: AppVerbs }

export async function serve(t: Test, app: AnyApp, host = '127.0.0.1'): Promise<Running> {
  await app.listen({ port: 0, host })
  const server = app.server as FastifyInstance['server']
  return run(t, { server, ws: app.ws, close: () => app.close() as Promise<unknown> })
}
