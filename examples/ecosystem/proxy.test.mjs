import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { WebSocketServer } from 'ws'
import { start } from './support/program.mjs'
import { talk } from './support/talk.mjs'

test('proxy.mjs: what is proxied goes through, and what is not stays here', async (t) => {
  const upstream = createServer((request, response) => response.end(`upstream at ${request.url}`))
  const wss = new WebSocketServer({ server: upstream })
  wss.on('connection', (socket, request) => {
    socket.on('message', () => socket.send(`upstream at ${request.url}`))
  })
  await once(upstream.listen(0, '127.0.0.1'), 'listening')
  t.after(() => upstream.close())
  t.after(() => wss.close())

  const { port } = await start(t, 'proxy.mjs', { UPSTREAM: `http://127.0.0.1:${upstream.address().port}` })
  const page = await fetch(`http://127.0.0.1:${port}/api/page`)
  assert.equal(await page.text(), 'upstream at /page')
  assert.equal(await talk(`ws://127.0.0.1:${port}/api/socket?x=1`, 'hello'), 'upstream at /socket?x=1')
  assert.equal(await talk(`ws://127.0.0.1:${port}/chat`, 'hello'), 'here: hello')
})
