/** What the channels tell of a `WebSocketServer`. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import t from 'tap'
import { WebSocketServer } from '../../adapters/ws.ts'
import { observing } from '../support/observing.ts'
import { ask, listen, listening, portOf, status } from './serving.ts'
import { settled } from './stage.ts'

t.test('a route is called what the path is, where there is one and it is asked for', async (t) => {
  const opened = observing(t, 'sockroute:connection:opened')
  const refused = observing(t, 'sockroute:upgrade:refused')
  const { port } = await listen(t, { path: '/chat' })
  t.equal(await status(t, port, { path: '/chat?room=1' }), 101)
  t.equal(await status(t, port, { path: '/other' }), 400)
  const { port: anywhere } = await listen(t)
  t.equal(await status(t, anywhere, { path: '/chat' }), 101)
  t.same(
    opened.map(({ route }) => route),
    ['/chat', ''],
  )
  t.match(refused, [{ route: '', status: 400, reason: 'app' }], 'what any client may ask for is no name')
})

t.test('a handshake that is given to a wsClientError listener is one that was refused', async (t) => {
  const begun = observing(t, 'sockroute:upgrade:begun')
  const refused = observing(t, 'sockroute:upgrade:refused')
  const { server, port } = await listen(t)
  const given = once(server, 'wsClientError')
  await ask(t, port, { headers: { 'sec-websocket-key': 'bad' } })
  const [, socket] = await given
  t.match(refused, [{ request: begun[0].request, status: undefined, reason: 'handshake' }])
  socket.destroy()
  await settled()
  t.equal(refused.length, 1)
})

t.test('of two handshakes on one socket the one that came too late was refused', async (t) => {
  const begun = observing(t, 'sockroute:upgrade:begun')
  const refused = observing(t, 'sockroute:upgrade:refused')
  const opened = observing(t, 'sockroute:connection:opened')
  const server = new WebSocketServer({
    noServer: true,
    logger: { warn: () => undefined, error: () => undefined },
    verifyClient: (_info, decide) => void setImmediate(decide, true),
  })
  t.teardown(() => {
    for (const socket of server.clients) socket.terminate()
  })
  const http = createServer().on('upgrade', (request, socket, head) => {
    for (let i = 0; i < 2; i++) server.handleUpgrade(request, socket, head, () => undefined)
  })
  await listening(t, http)
  t.equal(await status(t, portOf(http)), 101)
  await settled()
  t.same([begun.length, opened.length], [2, 1])
  t.match(refused, [{ status: undefined, reason: 'app' }])
})
