/** Time that does not go as it should ends nobody's connection. */

import type { Test } from 'tap'
import { clientFrame } from '../protocol/wire.ts'
import { echo, type Handler } from './host.ts'
import type { RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const HI = clientFrame(1, 'hi')
const options = { pingIntervalMs: 50, pongTimeoutMs: 250, messageTimeoutMs: 250, sendTimeoutMs: 250 }

/** Blocks the event loop for longer than any peer has to answer. */
const block: Handler = (socket) => {
  socket.on('message', () => {
    const end = performance.now() + 700
    while (performance.now() < end);
    socket.send('done')
  })
}

/** Answers pings up to the next message, and returns it. */
async function nextText(client: RawClient): Promise<string> {
  for (;;) {
    const { opcode, payload } = await client.readFrame()
    if (opcode === 9) client.write(clientFrame(10, payload))
    else return opcode === 1 ? payload.toString() : `opcode ${opcode}`
  }
}

async function isServed(t: Test, client: RawClient, message: string): Promise<void> {
  client.write(HI)
  t.equal(await nextText(client), 'hi', message)
}

await onEachHost('a handler that blocks the event loop', async (t, begin) => {
  const app = await begin({ routes: { '/block': block, '/ws': { options, handler: echo } } })
  const idle = await app.open()
  const begun = await app.open({}, HI.subarray(0, 4))
  const blocking = await app.open({ path: '/block' }, HI)
  t.equal(await blocking.readText(), 'done')
  await isServed(t, idle, 'who said nothing meanwhile')
  begun.write(HI.subarray(4))
  t.equal(await nextText(begun), 'hi', 'who had begun a message')
  for (const client of [idle, begun, blocking]) client.reset()
  await app.settled()
  t.equal(app.ws.connections.size, 0, 'nothing is left')
})

await onEachHost('a wall clock that jumps is not what we go by', async (t, begin) => {
  const app = await begin({ routes: { '/ws': { options, handler: echo } } })
  const client = await app.open()
  const { now } = Date
  t.teardown(() => {
    Date.now = now
  })
  for (const [jump, hours] of [
    ['ahead', 24],
    ['back', -48],
  ] as const) {
    Date.now = () => now() + hours * 3_600_000
    for (let pings = 0; pings < 3; pings++) {
      const ping = await client.readFrame()
      client.write(clientFrame(10, ping.payload))
    }
    await isServed(t, client, jump)
  }
  client.reset()
  await app.settled()
  t.equal(app.ws.connections.size, 0, 'nothing is left')
})
