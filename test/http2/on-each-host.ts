/** The same test on every host over HTTP/2, with a client over HTTP/2; and with TLS, as browsers want it. */

import { once } from 'node:events'
import t, { type Test } from 'tap'
import { fastifyHttp2Host } from '../hosts/fastify.ts'
import type { Host } from '../hosts/host.ts'
import { OVER_HTTP2 } from '../hosts/hosts.ts'
import { nodeHttp2Host } from '../hosts/node.ts'
import { type Running, start } from '../hosts/suite.ts'
import { clientFrame } from '../protocol/wire.ts'
import { openSocket, sessionTo } from './client.ts'

export const BYE: Buffer = clientFrame(8, Buffer.of(3, 232))
export const HI: Buffer = clientFrame(1, 'hi')
export const CANCEL = 8

type Begin = (spec: Parameters<Host['start']>[0]) => Promise<Running>

export async function onEachHttp2Host(name: string, test: (t: Test, begin: Begin) => Promise<void>): Promise<void> {
  for (const host of OVER_HTTP2) await t.test(`${host.name}: ${name}`, (t) => test(t, (spec) => start(t, host, spec)))
  for (const host of OVER_TLS) {
    await t.test(`${host.name}, with TLS: ${name}`, (t) =>
      test(t, (spec) => start(t, host, { ...spec, isSecure: true })),
    )
  }
}

/** Those that make a server; Express is on one of the first's. */
const OVER_TLS = [nodeHttp2Host, fastifyHttp2Host]

/** That everybody else is served as before. */
export async function servesOthers(t: Test, app: Running): Promise<void> {
  const stream = await openSocket(await sessionTo(t, app))
  stream.write(HI)
  t.equal(((await once(stream, 'data')) as [Buffer])[0].toString('latin1'), '\x81\x02hi', 'others are served')
  stream.close(CANCEL)
}
