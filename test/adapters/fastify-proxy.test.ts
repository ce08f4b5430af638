/** A proxy on the same app: what `passUpgrades` leaves to it goes through, and what is ours it never sees. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import wsPlugin from '../../adapters/fastify.ts'
import { clientFrame } from '../protocol/wire.ts'
import { serve } from './fastify-app.ts'
import { say, told } from './telling.ts'

/** What lies behind the proxy: a server that echoes over WebSockets, and says where it was called over HTTP. */
async function upstream(t: Test): Promise<string> {
  const app = Fastify()
  app.get('/*', ({ url }) => `upstream at ${url}`)
  const server = new WebSocketServer({ server: app.server })
  server.on('connection', (client, { url }) =>
    client.on('message', (data: Buffer) => client.send(`${url} ${data.toString()}`)),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => {
    server.close()
    return app.close()
  })
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

for (const isProxyFirst of [true, false]) {
  t.test(`@fastify/http-proxy, registered ${isProxyFirst ? 'before' : 'after'}`, async (t) => {
    const target = await upstream(t)
    const app = Fastify({ forceCloseConnections: true })
    const proxy = () => app.register(httpProxy, { upstream: target, prefix: '/proxied', websocket: true })
    if (isProxyFirst) await proxy()
    await app.register(wsPlugin, { passUpgrades: ['/proxied'] })
    if (!isProxyFirst) await proxy()
    app.ws('/ws', say('ours'))
    const running = await serve(t, app)
    const client = new WebSocket(`ws://127.0.0.1:${running.port}/proxied/chat`)
    t.teardown(() => client.terminate())
    await once(client, 'open')
    client.send('hello')
    const [answer] = (await once(client, 'message')) as [Buffer]
    t.equal(answer.toString(), '/chat hello', 'a WebSocket goes through')
    const plain = await running.send({ path: '/proxied/page', headers: { upgrade: undefined, connection: 'close' } })
    t.equal((await plain.readAnswer()).body, 'upstream at /page', 'and so does HTTP')
    t.equal(await told(running, '/ws'), 'ours')
    const ours = await running.open({}, clientFrame(9, 'beat'))
    t.same([await ours.readText(), await ours.readText()].sort(), ['beat', 'ours'])
    t.equal(app.ws.connections.size, 2, 'of which only ours are ours')
    client.close()
    await once(client, 'close')
  })
}
