/** So many connections, in all and from one address; what is refused, and what comes back. */

import { clientFrame } from '../protocol/wire.ts'
import { echo, type Hook } from './host.ts'
import { onEachHost } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))

await onEachHost('R01 maxConnections: one more gets 503, and whoever leaves makes room', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo }, options: { maxConnections: 3 } })
  const clients = [await app.open(), await app.open(), await app.open()]
  for (let i = 0; i < 3; i++) {
    const late = await (await app.send()).readAnswer()
    t.match(late, { status: 503, headers: { 'retry-after': '5', connection: 'close' } })
  }
  t.equal(app.ws.limitsHit.maxConnections, 3)
  t.equal(app.ws.connections.size, 3)
  for (const leave of ['reset', 'end', 'bye'] as const) {
    const client = clients.shift()
    if (leave === 'bye') client?.write(BYE)
    else client?.[leave]()
    await client?.ended
    client?.end()
    while (app.ws.connections.size === 3) await new Promise(setImmediate)
    clients.push(await app.open())
    t.equal((await (await app.send()).readAnswer()).status, 503, leave)
  }
})

await onEachHost(
  'R01 a handshake that is being decided has a place, until it is refused or leaves',
  async (t, begin) => {
    const waiting: (() => void)[] = []
    const slow: Hook = async (exchange) => {
      const status = await new Promise<number>((resolve) => waiting.push(() => resolve(403)))
      exchange.reply(status)
    }
    const app = await begin({ routes: { '/ws': { handler: echo, hooks: [slow] } }, options: { maxConnections: 1 } })
    const first = await app.send()
    while (waiting.length === 0) await new Promise(setImmediate)
    t.equal((await (await app.send()).readAnswer()).status, 503)
    waiting.pop()?.()
    t.equal((await first.readAnswer()).status, 403)
    const second = await app.send()
    while (waiting.length === 0) await new Promise(setImmediate)
    second.reset()
    await app.settled()
    await app.send()
    while (waiting.length < 2) await new Promise(setImmediate)
    t.pass('its place was given back')
  },
)

await onEachHost('R02 maxConnectionsPerAddress: the socket’s address, whatever a client says', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo }, options: { maxConnectionsPerAddress: 2 } })
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
  await app.open(from('192.0.2.1'))
  await app.open(from('192.0.2.2'))
  const late = await (await app.send(from('192.0.2.3'))).readAnswer()
  t.match(late, { status: 429, headers: { 'retry-after': '5' } })
  t.equal(app.ws.limitsHit.maxConnectionsPerAddress, 1)
})

await onEachHost('R02 behind a proxy that the framework trusts: the address it names', async (t, begin, host) => {
  if (!host.isFramework) return // it knows no proxies
  const app = await begin({ routes: { '/ws': echo }, options: { maxConnectionsPerAddress: 2 }, trustProxy: true })
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
  for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2'])
    await app.open(from(address))
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8:0:0:ffff::']) {
    t.equal((await (await app.send(from(address))).readAnswer()).status, 429, address)
  }
  await app.open(from('192.0.2.2'))
})

await onEachHost('R01 after churn the count is exact', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo }, options: { maxConnections: 20, maxConnectionsPerAddress: 20 } })
  for (let round = 0; round < 3; round++) {
    const clients = await Promise.all(Array.from({ length: 20 }, () => app.open()))
    for (const [at, client] of clients.entries()) {
      if (at % 3 === 0) client.reset()
      else client.write(at % 3 === 1 ? BYE : Buffer.from('ffff', 'hex'))
    }
    await Promise.all(clients.map(({ ended }) => ended))
    for (const client of clients) client.end()
    await app.settled()
  }
  await Promise.all(Array.from({ length: 20 }, () => app.open()))
  t.equal((await (await app.send()).readAnswer()).status, 503)
})
