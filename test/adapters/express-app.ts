/** Express apps, of both versions, for the tests of their adapter. */

import { once } from 'node:events'
import type { Server } from 'node:http'
import express, { type Application, type Request } from 'express'
import express4 from 'express4'
import t, { type Test } from 'tap'
import type { AppWithWs } from '../../adapters/express.ts'
import { type Running, run } from '../hosts/suite.ts'
import { tell as tellAny } from './telling.ts'

export type Express = typeof express
const FRAMEWORKS: [name: string, framework: Express][] = [
  ['Express 4', express4 as unknown as Express], // the same as far as it is used here
  ['Express 5', express],
]

export async function onBoth(name: string, test: (t: Test, framework: Express) => Promise<void>): Promise<void> {
  for (const [version, framework] of FRAMEWORKS) await t.test(`${version}: ${name}`, (t) => test(t, framework))
}

/** An app that listens, by itself or on the server that carries it. */
export async function serve(
  t: Test,
  app: AppWithWs<Application>,
  server: Server = app.listen(0, '127.0.0.1'),
): Promise<Running> {
  app.set('env', 'test') // else the default error handler logs
  if (!server.listening) await once(server, 'listening')
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    await app.ws.close()
    await closed
  }
  return run(t, { server, ws: app.ws, close })
}

export const tell = tellAny<Request>
