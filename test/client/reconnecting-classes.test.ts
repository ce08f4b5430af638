/** `reconnecting` over the classes that there are, each with a server that sends it away once. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocket as Undici } from 'undici'
import { WebSocket as Ws } from 'ws'
import { reconnecting, type SocketClass, WebSocket } from '../../src/client/index.ts'
import { createWebSockets } from '../../src/index.ts'

const CLASSES: [name: string, webSocket: SocketClass][] = [
  ['ours', WebSocket],
  ['ws', Ws],
  ['undici', Undici],
]

for (const [name, webSocket] of CLASSES) {
  t.test(`${name}: sent away, refused, and back`, async (t) => {
    const ws = createWebSockets({ protocols: ['chat'] })
    const server = createServer()
    let visits = 0
    const refuse = (_: unknown, response: { writeHead(status: number): { end(): void } }): void => {
      if (++visits === 2) response.writeHead(503).end()
    }
    server.on('upgrade', (request, socket, head) => {
      ws.upgrade(request, socket, head, { onRequest: refuse }, (it) => {
        it.on('message', (data) => (visits === 1 ? it.close(1012, 'restart') : it.send(data)))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const live = reconnecting(url, { webSocket, protocols: 'chat', binaryType: 'arraybuffer', baseMs: 1, spreadMs: 1 })
    const told: string[] = []
    live.addEventListener('open', () => {
      told.push(`open ${live.protocol}`)
      live.send(Uint8Array.of(1, 2))
    })
    live.addEventListener('close', ({ code, reason, wasClean }) => told.push(`close ${code} ${reason} ${wasClean}`))
    live.addEventListener('reconnecting', ({ code, attempt }) => told.push(`${attempt}: ${code}`))
    const bytes = await new Promise<unknown>((resolve) => {
      live.addEventListener('message', ({ data }) => resolve(data))
    })
    t.same(Buffer.from(bytes as ArrayBuffer), Buffer.of(1, 2))
    t.same(told, ['open chat', 'close 1012 restart true', '1: 1012', '2: 1006', 'open chat'])
    const closed = new Promise((resolve) => live.addEventListener('close', ({ code }) => resolve(code)))
    live.close(4000, 'bye')
    t.equal(await closed, 4000)
    server.close()
    await ws.close()
  })
}
