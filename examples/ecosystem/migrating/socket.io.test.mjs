import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { start } from '../support/program.mjs'

for (const when of ['before', 'after']) {
  test(`a room with acknowledgements, ${when}`, async (t) => {
    const { port } = await start(t, `migrating/socket.io-${when}.mjs`)
    const { join } = await import(`./socket.io-${when}-client.mjs`)
    await assert.rejects(join(port, 'lobby', 'wrong', () => undefined))
    const [ann, ben] = [await member(t, join, port), await member(t, join, port)]
    assert.equal(await ann.say('hello'), 5)
    assert.equal(await ben.say('oh, hello'), 9)
    assert.deepEqual(await ann.heard(2), ['hello', 'oh, hello'])
    assert.deepEqual(await ben.heard(2), ['hello', 'oh, hello'])
  })
}

test('both on one server, in one room', async (t) => {
  const { port } = await start(t, 'migrating/socket.io-both.mjs')
  const { join } = await import('./socket.io-before-client.mjs')
  const old = await member(t, join, port)
  await old.say('is anybody here?')
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rooms/lobby`)
  await once(socket, 'open')
  socket.send('I have moved')
  const [message] = await once(socket, 'message')
  assert.equal(message.toString(), 'I have moved')
  assert.equal(await old.say('I have not'), 10)
  assert.deepEqual(await old.heard(3), ['is anybody here?', 'I have moved', 'I have not'])
  socket.close()
})

/** One who writes down what is said. */
async function member(t, join, port) {
  const all = []
  let wake = () => undefined
  const { say, leave } = await join(port, 'lobby', 'secret', (text) => {
    all.push(text)
    wake()
  })
  t.after(leave)
  return {
    say,
    /** All there was, when there were so many. */
    async heard(count) {
      while (all.length < count) {
        await new Promise((resolve) => {
          wake = resolve
        })
      }
      return all
    },
  }
}
