/** What docs/ws.md promises where nothing is said. What happens at each limit is in the core's tests. */

import t from 'tap'
import { optionsOf } from '../../adapters/fastify-websocket-options.ts'
import { PluginServer } from '../../adapters/fastify-websocket-server.ts'
import { WebSocketServer } from '../../adapters/ws.ts'
import { Settings } from '../../adapters/ws-options.ts'
import { Hub } from '../../src/adapter.ts'

const PROMISED = {
  maxMessageBytes: 104_857_600,
  maxFragments: 16_384,
  closeTimeoutMs: 30_000,
  handshakeTimeoutMs: 30_000,
  pingIntervalMs: 25_000,
  pongTimeoutMs: 20_000,
  maxBufferedBytes: 16_777_216,
  maxUnsentBytes: 104_857_600,
  sendTimeoutMs: 120_000,
  messageTimeoutMs: 30_000,
  maxHeaderFields: 1_000,
  origins: 'any',
  delivery: 'at-once',
  compression: false,
}

t.test('sockroute/ws', async (t) => {
  t.match(new Settings(new Hub({})).of(new WebSocketServer({ noServer: true }).options), PROMISED)
})

t.test('the drop-in for @fastify/websocket: the same, where they are not those of all routes', async (t) => {
  t.match({ ...new Hub({}).settings, ...optionsOf(new PluginServer().options) }, PROMISED)
})

t.test('0 is no limit, and null is what is not said', async (t) => {
  const { options } = new WebSocketServer({
    noServer: true,
    maxPayload: 0,
    maxFragments: 0,
    verifyClient: null as never,
  })
  t.match(new Settings(new Hub({})).of(options), { maxMessageBytes: Infinity, maxFragments: Infinity })
})
