// One process of several: what a client sends goes to all, of all processes, over the broker.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createWebSockets } from '../../dist/src/index.js'

const BROKERS = {
  redis: async (url) => (await import('../../dist/adapters/redis.js')).redisBroker(url),
  nats: async (url) => (await import('../../dist/adapters/nats.js')).natsBroker(url),
}

export async function start({ broker, url }) {
  const ws = createWebSockets({ broker: await BROKERS[broker](url) })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    ws.upgrade(request, socket, head, (one) => {
      void one.subscribe('room').then(() => one.send('ready'))
      one.on('message', (data, isBinary) => ws.publish('room', data, { binary: isBinary }))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server.address().port
}
