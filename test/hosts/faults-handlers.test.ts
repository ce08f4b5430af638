/** A handler that throws in every event, whatever its peer does, is told so in the log; nothing is left, and others are served. */

import { clientFrame, hex } from '../protocol/wire.ts'
import { echo, type Handler } from './host.ts'
import type { RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const HI = clientFrame(1, 'hi')
const EVENTS = ['message', 'ping', 'pong', 'error', 'drain', 'close'] as const

const throwing: Handler = (socket) => {
  for (const event of EVENTS) {
    socket.on(event, () => {
      throw new Error(`thrown in ${event}`)
    })
  }
}

const rejecting: Handler = (socket) => {
  for (const event of EVENTS) socket.on(event, () => Promise.reject(new Error(`rejected in ${event}`)))
}

const peers: [what: string, act: (client: RawClient) => unknown][] = [
  ['a message, then RST', (client) => client.write(HI) && client.reset()],
  ['a ping, then FIN', (client) => client.write(clientFrame(9, '')) && client.end()],
  ['a pong, then RST', (client) => client.write(clientFrame(10, '')) && client.reset()],
  ['a bad frame', (client) => client.write(hex('81026869'))],
  ['a message and a close', (client) => client.write(Buffer.concat([HI, clientFrame(8, Buffer.of(3, 232))]))],
  ['RST at once', (client) => client.reset()],
]

await onEachHost('A02 A04 handlers that fail in every event', async (t, begin) => {
  const app = await begin({ routes: { '/throws': throwing, '/rejects': rejecting, '/ws': echo } })
  const witness = await app.open()
  for (const path of ['/throws', '/rejects']) {
    for (const [what, act] of peers) {
      const client = await app.open({ path })
      act(client)
      await client.ended
      client.end()
      while (app.ws.connections.size > 1) await new Promise((resolve) => setImmediate(resolve))
      witness.write(HI)
      t.equal(await witness.readText(), 'hi', `${path}, ${what}: others are served`)
    }
  }
  t.ok(app.log.length > peers.length, 'all of it is in the log')
  witness.reset()
  await app.settled()
  t.equal(app.ws.connections.size, 0, 'nothing is left')
})
