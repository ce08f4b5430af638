// The same with crossws and its sync over Redis.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

export async function start({ packages, url }) {
  const from = (name) => import(pathToFileURL(createRequire(packages).resolve(name)))
  const [{ default: crossws }, { redis: sync }] = [await from('crossws/adapters/node'), await from('crossws/sync')]
  const { createClient } = createRequire(packages)('redis')
  const client = await createClient({ url }).connect()
  const ws = crossws({
    sync: sync({ client, channel: 'bench' }),
    hooks: {
      open(peer) {
        peer.subscribe('room')
        peer.send('ready')
      },
      message: (_peer, message) => ws.publish('room', message.rawData),
    },
  })
  const server = createServer()
  server.on('upgrade', ws.handleUpgrade)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server.address().port
}
