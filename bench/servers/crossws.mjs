import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { wsOptions } from '../../dist/bench/ws-settings.js'
import { optionsOf } from './options.mjs'

export async function start({ packages, task, tls, ...settings }) {
  const { default: crossws } = await import(pathToFileURL(createRequire(packages).resolve('crossws/adapters/node')))
  const options = optionsOf(settings)
  const peers = new Set()
  const ws = crossws({
    hooks: {
      open(peer) {
        peers.add(peer)
        peer.subscribe('all')
      },
      close: (peer) => void peers.delete(peer),
      message: TASKS[task](peers),
    },
    serverOptions: wsOptions(options),
    ...(options.pingIntervalMs !== undefined && { idleTimeout: options.pingIntervalMs / 1_000 }),
  })
  const server = tls === undefined ? createServer() : createTlsServer(tls)
  server.on('upgrade', ws.handleUpgrade)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server.address().port
}

/** What came is a string or a Buffer, and is sent as such. */
const TASKS = {
  echo: () => (peer, message) => void peer.send(message.rawData),
  'fan-out': (peers) => (_peer, message) => {
    for (const one of peers) one.send(message.rawData)
  },
  publish: () => (peer, message) => {
    peer.send(message.rawData)
    peer.publish('all', message.rawData) // to all others
  },
}
