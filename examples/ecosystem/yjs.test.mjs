import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket as Ours } from 'sockroute/client'
import { WebSocket as Undici } from 'undici'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { start } from './support/program.mjs'
import { until } from './support/until.mjs'

for (const file of ['yjs-express.mjs', 'yjs-fastify.mjs']) {
  test(`${file}: two clients converge, and find each other again when the server comes back`, async (t) => {
    const { port, stop } = await start(t, file)
    const [ann, ben] = [join(t, port, 'Ann', Ours), join(t, port, 'Ben', Undici)]
    await Promise.all([ann, ben].map(({ provider }) => until(provider, ['sync'], () => provider.synced)))
    ann.text.insert(0, 'hello')
    await until(ben.doc, ['update'], () => ben.text.toString() === 'hello')
    await until(ben.provider.awareness, ['change'], () => ben.provider.awareness.getStates().size === 2)
    const names = [...ben.provider.awareness.getStates().values()].map(({ name }) => name)
    assert.deepEqual(new Set(names), new Set(['Ann', 'Ben']))

    await stop()
    await Promise.all([ann, ben].map(({ provider }) => until(provider, ['status'], () => !provider.wsconnected)))
    ann.text.insert(5, ' world')
    ben.text.insert(0, 'oh, ')
    await start(t, file, { PORT: String(port) })
    for (const { doc, text } of [ann, ben]) await until(doc, ['update'], () => text.toString() === 'oh, hello world')
  })
}

/** A client with the document of the room. Clients in one process would find each other without a server, too. */
function join(t, port, name, WebSocketPolyfill) {
  const doc = new Y.Doc()
  const options = { WebSocketPolyfill, disableBc: true }
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/yjs`, 'room', doc, options)
  provider.awareness.setLocalState({ name })
  t.after(() => {
    provider.destroy()
    doc.destroy()
  })
  return { doc, provider, text: doc.getText('text') }
}
