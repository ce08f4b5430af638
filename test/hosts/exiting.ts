/** Opens a connection on every host, ends the host, and has nothing more to do. Run by shutdown.test.ts. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'undici'
import { bridgeTo } from '../support/http2-bridge.ts'
import { echo } from './host.ts'
import { HOSTS, isOverHttp2 } from './hosts.ts'

for (const host of HOSTS) {
  const app = await host.start({ routes: { '/ws': echo } })
  const { port } = app.server.address() as AddressInfo
  const bridge = isOverHttp2 ? await bridgeTo(port) : undefined
  const door = (bridge ?? app.server).address() as AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${door.port}/ws`)
  await once(client, 'open')
  const closed = once(client, 'close')
  await app.close()
  await closed
  bridge?.close()
  console.log(`${host.name} ended`)
}

setTimeout(() => process.exit(1), 5_000).unref()
