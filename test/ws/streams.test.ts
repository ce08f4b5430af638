/** What a stream over a WebSocket does where `ws` has no clock that could run out. */

import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { createWebSocketStream } from '../../adapters/ws.ts'
import { clientFrame } from '../protocol/wire.ts'
import { FakeClock } from '../support/clock.ts'
import { ask, listen } from './serving.ts'
import { settled } from './stage.ts'

t.test('whoever reads much later than the client has left misses nothing', async (t) => {
  const clock = new FakeClock()
  const { server, port } = await listen(t, { clock })
  const connected = once(server, 'connection')
  const part = clientFrame(2, Buffer.alloc(10_000, 'x'))
  const client = await ask(t, port, {}, part, part, part, part, clientFrame(8, Buffer.of(3, 232)))
  const [socket] = await connected
  const duplex = createWebSocketStream(socket, { readableHighWaterMark: 1_000 })
  duplex.read(0)
  await client.readHead()
  await client.readToEnd()
  client.end()
  for (let passed = 0; passed < 600; passed++) {
    await settled(1)
    clock.advance(1_000)
  }
  t.equal((await buffer(duplex)).length, 40_000)
})
