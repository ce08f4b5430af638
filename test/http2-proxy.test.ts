/** HAProxy, whose clients speak HTTP/1.1, before an app over HTTP/2 without TLS: a client of HTTP/2 that is no browser. RFC 8441 */

import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createWebSockets } from 'sockroute'
import t from 'tap'
import { freePort } from './support/free-port.ts'
import { missing, runProxy } from './support/reverse-proxy.ts'
import { Client } from './support/ws-client.ts'

const skip = !process.env.CI && missing('haproxy')
const CLIENTS = 5

t.test('HAProxy brings the WebSockets of clients of HTTP/1.1 over HTTP/2', { skip }, async (t) => {
  const ws = createWebSockets({ protocols: ['chat'], compression: true, drain: { spreadMs: 0 } })
  const server = createServer()
  ws.acceptHttp2(server)
  const seen: (string | undefined)[][] = []
  server.on('upgrade', (request, socket, head) => {
    if (request.url !== '/chat?room=1') return ws.refuse(request, socket, head)
    return ws.upgrade(request, socket, head, async (connection) => {
      seen.push([request.httpVersion, request.headers.host, connection.protocol])
      for await (const message of connection) connection.send(message)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = await freePort()
  t.teardown(() => server.close())
  await runProxy(t, 'haproxy', config(port, (server.address() as AddressInfo).port), [port])

  const url = `ws://127.0.0.1:${port}/chat?room=1`
  const init = { protocols: ['chat'], headers: { origin: `http://127.0.0.1:${port}` } }
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => Client.open(url, init)))
  const text = 'hello '.repeat(20_000)
  for (const client of clients) client.send(text)
  for (const client of clients) t.ok((await client.next()) === text, 'each has its message back')
  t.same(seen, Array(CLIENTS).fill(['2.0', `127.0.0.1:${port}`, 'chat']))
  await t.rejects(Client.open(`ws://127.0.0.1:${port}/nowhere`), 'a refusal is one')

  const [first, ...others] = clients
  t.equal((await first.close(4000)).code, 4000)
  const closed = ws.close({ code: 1001 })
  for (const one of others) t.equal((await one.closed).code, 1001)
  await closed
})

function config(port: number, appPort: number): string {
  return `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend site
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server app 127.0.0.1:${appPort} proto h2
`
}
