import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { WebSocket as Ours } from 'sockroute/client'
import { WebSocket as Undici } from 'undici'
import { start } from './support/program.mjs'

const HOSTS = [
  ['trpc-ws.mjs', '/'],
  ['trpc-fastify.mjs', '/trpc'],
]
const CLIENTS = { Ours, Undici }

for (const [file, path] of HOSTS) {
  for (const [name, WebSocket] of Object.entries(CLIENTS)) {
    test(`${file}, ${name}: queries and subscriptions, several at once, and one that is left`, async (t) => {
      const { port } = await start(t, file)
      const client = createWSClient({ url: `ws://127.0.0.1:${port}${path}`, WebSocket })
      t.after(() => client.close())
      const trpc = createTRPCClient({ links: [wsLink({ client })] })
      assert.equal(await trpc.double.query(21), 42)
      const all = await Promise.all([countdown(trpc, 3), countdown(trpc, 2)])
      assert.deepEqual(all, [
        [3, 2, 1],
        [2, 1],
      ])
      await leave(trpc)
      assert.equal(await trpc.double.query(1), 2)
    })
  }
}

/** All values of a subscription that ends. */
function countdown(trpc, from) {
  const values = []
  return new Promise((resolve, reject) => {
    trpc.countdown.subscribe(from, {
      onData: (value) => values.push(value),
      onError: reject,
      onComplete: () => resolve(values),
    })
  })
}

/** One that does not end by itself. */
function leave(trpc) {
  return new Promise((resolve, reject) => {
    const subscription = trpc.ticks.subscribe(undefined, {
      onData: () => subscription.unsubscribe(),
      onError: reject,
      onStopped: resolve,
      onComplete: resolve,
    })
  })
}
