import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { io } from 'socket.io-client'
import { start } from './support/program.mjs'

for (const transports of [['websocket'], ['polling', 'websocket']]) {
  test(`socket-io.mjs, by ${transports.join(', then ')}: rooms, acknowledgements, binary`, async (t) => {
    const { port } = await start(t, 'socket-io.mjs')
    const clients = ['one', 'two', 'elsewhere'].map(() => connect(t, port, transports))
    const upgraded = transports.length > 1 ? clients.map(({ io: { engine } }) => once(engine, 'upgrade')) : []
    await Promise.all([...upgraded, ...clients.map((client) => once(client, 'connect'))])
    for (const { io: manager } of clients) assert.equal(manager.engine.transport.name, 'websocket')
    const [one, two, elsewhere] = clients

    for (const client of [one, two]) assert.equal(await client.emitWithAck('join', 'tea'), 'welcome to tea')
    elsewhere.on('said', () => assert.fail('who has not joined hears nothing'))
    const heard = Promise.all([one, two].map((client) => once(client, 'said')))
    elsewhere.emit('say', 'tea', 'hello')
    assert.deepEqual(await heard, [['hello'], ['hello']])
    assert.deepEqual(await elsewhere.emitWithAck('reverse', Buffer.from('abc')), Buffer.from('cba'))
  })
}

function connect(t, port, transports) {
  const client = io(`http://127.0.0.1:${port}`, { transports, reconnection: false, forceNew: true })
  t.after(() => client.disconnect())
  return client
}
