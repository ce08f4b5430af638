/**
 * wss:// over https, on a server of one's own: `attach` lets it carry the app's WebSockets.
 *
 *     TLS_KEY=key.pem TLS_CERT=cert.pem node dist/examples/tls.js
 *
 * Without those two it makes itself a certificate, which browsers warn of: open the page and accept it once.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { attach, websockets } from 'sockroute/express'
import { selfSigned } from './self-signed.ts'

const { PORT = '3000', TLS_KEY, TLS_CERT } = process.env
const tls = TLS_KEY && TLS_CERT ? { key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT) } : selfSigned()

const app = websockets(express())

app.get('/', (_request, response) => {
  response.send(`<!doctype html>
    <title>wss</title>
    <pre id="log"></pre>
    <script>
      const ws = new WebSocket('wss://' + location.host + '/echo')
      ws.onopen = () => ws.send('hello')
      ws.onmessage = (event) => document.getElementById('log').append(event.data + '\\n')
    </script>`)
})

app.ws('/echo', async (socket) => {
  for await (const message of socket) socket.send(message)
})

const server = attach(createServer(tls, app), app)
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`listening on https://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

process.once('SIGTERM', () => server.close())
