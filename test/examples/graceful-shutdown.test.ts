import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { askUpgrade } from '../support/ask-upgrade.ts'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

t.test('open connections get 1012, what has arrived is worked off, and the process exits by itself', async (t) => {
  const { program, http, ws } = await runExample(t, 'graceful-shutdown')
  const clients = [await Client.open(`${ws}/orders`), await Client.open(`${ws}/orders`)]
  for (let i = 1; i <= 5; i++) clients[0].send(`order ${i}`)
  t.equal(await clients[0].next(), 'stored: order 1')
  t.same(await (await fetch(`${http}/health`)).json(), { connections: 2 })

  const code = program.stop()
  for (const { closed } of clients) t.match(await closed, { code: 1012, wasClean: true })
  t.equal(await code, 0)
  t.match(program.output, 'closing 2 connections\n')
  for (let i = 1; i <= 5; i++) t.match(program.output, `stored: order ${i}\n`)
  t.equal(program.output.match(/^a client is gone: 1012$/gm)?.length, 2)
  t.match(program.output, /^closed$/m)
  const todo = 'close() fulfils when the sockets are gone; handlers may still be at work'
  t.match(program.output, /\nclosed\n$/, 'app.close() has waited for the handlers', { todo })
  t.equal(program.errors, '')
})

t.test('who does not answer is terminated at the deadline; meanwhile others get 503', async (t) => {
  const { program, http, ws } = await runExample(t, 'graceful-shutdown')
  const silent = await openSilent(http)
  const start = performance.now()
  const code = program.stop()
  await program.printed(/^closing 1 connections$/m)
  const { status, headers } = await askUpgrade(`${ws}/orders`)
  t.equal(status, 503)
  t.ok(Number(headers['retry-after']) > 0, 'with a hint when to come back')
  t.equal(await code, 0)
  const tookMs = performance.now() - start
  t.ok(tookMs >= 1900 && tookMs < 10_000, `two seconds: ${Math.round(tookMs)} ms`)
  silent.destroy()
})

t.test('a second SIGTERM ends the process on the spot', async (t) => {
  const { program, http } = await runExample(t, 'graceful-shutdown')
  const silent = await openSilent(http)
  const first = program.stop()
  await program.printed(/^closing 1 connections$/m)
  t.equal(await program.stop(), null)
  t.equal(await first, null)
  silent.destroy()
})

/** A peer that opens a WebSocket, and then neither answers nor ends. */
async function openSilent(http: string): Promise<Socket> {
  const { hostname, port } = new URL(http)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {}) // it is terminated
  socket.write('GET /orders HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n')
  socket.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
  await once(socket, 'data')
  return socket
}
