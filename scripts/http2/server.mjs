// An echo server over TLS, which takes HTTP/2 and HTTP/1.1 by the same port. Answers its parent with what it costs.
import { createSecureServer } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { selfSigned } from '../../dist/examples/self-signed.js'
import { createWebSockets } from '../../dist/src/index.js'

/** What a garbage collection frees, the C library gives back a while later. */
const SETTLE_MS = 300

const ws = createWebSockets({ pingIntervalMs: 'unlimited' })
const server = createSecureServer({ allowHTTP1: true, ...selfSigned() })
ws.acceptHttp2(server)
server.on('upgrade', (request, socket, head) => ws.upgrade(request, socket, head, echo))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', async (question) => {
  if (question === 'still') {
    for (let at = 0; at < 3; at++) {
      globalThis.gc()
      await sleep(SETTLE_MS)
    }
  }
  process.send(figures())
})
process.once('disconnect', () => process.exit())

function echo(socket) {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
}

function figures() {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return { cpu: user + system, rss, heap: heapUsed }
}
