/** What the inspector shows of a handshake over HTTP/2: what was on the wire. RFC 8441 §4, §5 */

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import t, { type Test } from 'tap'
import { inspector } from '../../adapters/inspector.ts'
import type { HandshakeHeads } from '../../adapters/inspector-messages.ts'
import { TestClock } from '../../adapters/testing.ts'
import { createWebSockets } from '../../src/index.ts'
import { type Fields, openSocket, sessionTo } from '../http2/client.ts'
import { InspectorClient } from '../support/inspector-client.ts'

/** How a WebSocket that opens with these fields is shown. */
async function shown(t: Test, fields: Fields): Promise<HandshakeHeads> {
  const clock = new TestClock()
  const ws = createWebSockets({ clock })
  const inspect = inspector(ws)
  const overHttp2 = createHttp2Server()
  ws.acceptHttp2(overHttp2)
  overHttp2.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    ws.upgrade(request, socket, head, { route: '/ws' }, () => undefined)
  })
  overHttp2.listen(0, '127.0.0.1')
  await once(overHttp2, 'listening')
  t.teardown(() => overHttp2.close())
  await openSocket(await sessionTo(t, overHttp2.address() as AddressInfo), '/ws?token=abc', fields)

  const server = createServer()
  server.on('upgrade', (request, socket, head) => ws.upgrade(request, socket, head, inspect.socket))
  const page = await InspectorClient.open(server, clock)
  await page.ask({ type: 'pick', id: page.rows.find(({ route }) => route === '/ws')?.id ?? 0 })
  return page.about.handshake as HandshakeHeads // it was kept
}

t.test('the extended CONNECT that it is, and none of the fields that the app is told of beside', async (t) => {
  const { requestLine, responseLine, requestHeaders, responseHeaders } = await shown(t, { 'x-mark': 'seen' })
  t.equal(requestLine, 'CONNECT /ws?token=[redacted] HTTP/2')
  t.match(requestHeaders, { ':protocol': 'websocket', ':authority': 'localhost', 'x-mark': 'seen' })
  t.equal(responseLine, 'HTTP/2 200')
  const names = Object.keys({ ...requestHeaders, ...responseHeaders })
  const untrue = ['host', 'upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-accept']
  t.same(
    names.filter((name) => untrue.includes(name)),
    [],
  )
})

t.test('a key that the client has sent, as Node does, and its answer', async (t) => {
  const heads = await shown(t, { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' })
  t.match(heads.requestHeaders, { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' })
  t.match(heads.responseHeaders, { 'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' })
})
