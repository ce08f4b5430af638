/** The server for tools: `dist/bench/echo-server.js`. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { ServerName } from '../bench/arguments.ts'
import { startServer } from '../bench/start-server.ts'
import { bridgeTo } from './support/http2-bridge.ts'
import { Client } from './support/ws-client.ts'

const HOSTS: ServerName[] = ['node', 'express4', 'express5', 'fastify', 'node-http2', 'fastify-http2', 'ws']

for (const host of HOSTS) {
  t.test(`${host}: what is sent to /broadcast goes to all who are there, and to nobody else`, async (t) => {
    const { server } = await startServer(host, 0, {})
    if (!server.listening) await once(server, 'listening')
    const bridge = host.endsWith('-http2') ? await bridgeTo((server.address() as AddressInfo).port) : undefined
    const url = `ws://127.0.0.1:${((bridge ?? server).address() as AddressInfo).port}`
    const paths = ['/broadcast', '/broadcast', '/broadcast', '/']
    const clients = await Promise.all(paths.map((path) => Client.open(url + path)))
    const [sender, , , elsewhere] = clients
    sender.send('to all')
    elsewhere.send('to me')
    t.same(await Promise.all(clients.map((client) => client.next())), ['to all', 'to all', 'to all', 'to me'])
    await Promise.all(clients.map((client) => client.close()))
    bridge?.close()
    server.close()
  })
}
