/**
 * WebSockets over HTTP/2: the page, its requests and all its sockets are one TLS connection. RFC 8441
 *
 *     TLS_KEY=key.pem TLS_CERT=cert.pem node dist/examples/http2.js
 *
 * Without those two it makes itself a certificate, which browsers warn of: open the page and accept it once.
 */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import wsPlugin from 'sockroute/fastify'
import { selfSigned } from './self-signed.ts'

const { PORT = '3000', TLS_KEY, TLS_CERT } = process.env
const tls = TLS_KEY && TLS_CERT ? { key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT) } : selfSigned()

// Clients that know HTTP/1.1 alone come in by the same port, and their WebSockets, too.
const app = fastify({ http2: true, https: { allowHTTP1: true, ...tls } })

// Browsers are told that they may. Without the option theirs come over HTTP/1.1, in connections of their own.
await app.register(wsPlugin, { http2: true })

app.get('/', (_request, reply) =>
  reply.type('text/html').send(`<!doctype html>
    <title>wss over HTTP/2</title>
    <pre id="log"></pre>
    <script>
      for (let at = 1; at <= 10; at++) {
        const ws = new WebSocket('wss://' + location.host + '/sockets/' + at)
        ws.onmessage = (event) => document.getElementById('log').append(event.data + '\\n')
      }
    </script>`),
)

app.ws('/sockets/:number', async (socket, { params, raw }) => {
  socket.send(`socket ${params.number} is over HTTP/${raw.httpVersion}`)
  for await (const message of socket) socket.send(message)
})

await app.listen({ host: '127.0.0.1', port: Number(PORT) })
console.log(`listening on https://127.0.0.1:${(app.server.address() as AddressInfo).port}`)

process.once('SIGTERM', () => app.close())
