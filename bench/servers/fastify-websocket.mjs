import { createRequire } from 'node:module'
import { WS_TASKS } from '../../dist/bench/tasks.js'
import { keepAlive, wsOptions } from '../../dist/bench/ws-settings.js'
import { optionsOf } from './options.mjs'

export async function start({ packages, task, tls, ...settings }) {
  const require = createRequire(packages)
  const options = optionsOf(settings)
  const app = require('fastify')({ https: tls ?? null })
  await app.register(require('@fastify/websocket'), { options: wsOptions(options) })
  const { clients } = app.websocketServer
  app.get('/', { websocket: true }, (socket) => void WS_TASKS[task](socket, clients))
  if (options.pingIntervalMs !== undefined) keepAlive(app.websocketServer, options.pingIntervalMs)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server.address().port
}
