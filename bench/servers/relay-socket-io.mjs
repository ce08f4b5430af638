// The same with Socket.IO and its adapter for Redis.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

export async function start({ packages, url }) {
  const require = createRequire(packages)
  const { Server } = require('socket.io')
  const { createAdapter } = require('@socket.io/redis-adapter')
  const { createClient } = require('redis')
  const publisher = await createClient({ url }).connect()
  const subscriber = await publisher.duplicate().connect()
  const server = createServer()
  const io = new Server(server, { transports: ['websocket'], adapter: createAdapter(publisher, subscriber) })
  io.on('connection', (socket) => {
    void socket.join('room')
    socket.emit('m', 'ready')
    socket.on('m', (data) => io.to('room').emit('m', data))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server.address().port
}
