import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from 'graphql-ws'
import { WebSocket as Ours } from 'sockroute/client'
import { WebSocket as Undici } from 'undici'
import { start } from './support/program.mjs'

const HOSTS = [
  ['graphql-ws.mjs', '/graphql'],
  ['graphql-express.mjs', '/graphql?key=secret'],
  ['graphql-fastify.mjs', '/graphql'],
]
const CLIENTS = { Ours, Undici }

for (const [file, path] of HOSTS) {
  for (const [name, webSocketImpl] of Object.entries(CLIENTS)) {
    test(`${file}, ${name}: queries and subscriptions, several at once`, async (t) => {
      const client = await connect(t, file, path, webSocketImpl)
      assert.deepEqual(await all(client.iterate({ query: '{ hello }' })), [{ hello: 'world' }])
      const [three, two] = await Promise.all([countdown(client, 3), countdown(client, 2)])
      assert.deepEqual(three, [3, 2, 1])
      assert.deepEqual(two, [2, 1])
    })

    test(`${file}, ${name}: one that does not end is left, and its connection used on`, async (t) => {
      const client = await connect(t, file, path, webSocketImpl)
      const endless = client.iterate({ query: 'subscription { ticks }' })
      assert.deepEqual((await endless.next()).value.data, { ticks: 1 })
      assert.deepEqual(await all(client.iterate({ query: '{ hello }' })), [{ hello: 'world' }], 'beside it')
      await endless.return()
      assert.deepEqual(await countdown(client, 1), [1])
    })
  }
}

test('a route of Express refuses whom its middleware refuses', async (t) => {
  const client = await connect(t, 'graphql-express.mjs', '/graphql', Undici)
  await assert.rejects(all(client.iterate({ query: '{ hello }' })))
})

test('mercurius.mjs: what a mutation publishes reaches a subscription', async (t) => {
  const { port } = await start(t, 'mercurius.mjs')
  const client = createClient({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: Undici, retryAttempts: 0 })
  t.after(() => client.dispose())
  const connected = new Promise((resolve) => client.on('connected', resolve))
  const said = client.iterate({ query: 'subscription { said }' })
  const first = said.next()
  await connected
  // The subscription is under way, and nothing tells when it has arrived: say it until it was heard.
  const isHeard = first.then(() => true)
  do await mutate(port, 'mutation { say(text: "hello") }')
  while ((await Promise.race([isHeard, Promise.resolve()])) !== true)
  assert.deepEqual((await first).value.data, { said: 'hello' })
})

/** A client of the program, which ends with the test. */
async function connect(t, file, path, webSocketImpl) {
  const { port } = await start(t, file)
  const client = createClient({ url: `ws://127.0.0.1:${port}${path}`, webSocketImpl, retryAttempts: 0 })
  t.after(() => client.dispose())
  return client
}

async function mutate(port, query) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  assert.equal(response.status, 200)
}

async function countdown(client, from) {
  const results = await all(client.iterate({ query: `subscription { countdown(from: ${from}) }` }))
  return results.map((data) => data.countdown)
}

async function all(results) {
  const data = []
  for await (const result of results) data.push(result.data)
  return data
}
