import { once } from 'node:events'
import { startServer } from '../../dist/bench/start-server.js'
import { optionsOf } from './options.mjs'

export async function start({ host, sharedReadBuffer, task, tls, packages, ...settings }) {
  const options = { ...optionsOf(settings), sharedReadBuffer }
  const { server } = await startServer(host, 0, options, { task, tls, packages })
  if (!server.listening) await once(server, 'listening')
  return server.address().port
}
