/** A client that leaves before the 101: its request tells so, as it does over HTTP. */

import { once } from 'node:events'
import type { Exchange, Hook } from './host.ts'
import { echo } from './host.ts'
import { onEachHost } from './suite.ts'

const never: Hook = () => new Promise(() => undefined)

await onEachHost('a request whose client leaves during a hook is aborted', async (t, begin) => {
  const arrivals: ((exchange: Exchange) => void)[] = []
  const arrive: Hook = (exchange) => arrivals.shift()?.(exchange)
  const app = await begin({ routes: { '/ws': { hooks: [arrive, never], handler: echo } } })
  for (const how of ['reset', 'end', 'destroy'] as const) {
    for (const listens of [true, false]) {
      const arrived = new Promise<Exchange>((resolve) => arrivals.push(resolve))
      const client = await app.send()
      const { raw } = await arrived
      const heard: string[] = []
      raw.on('aborted', () => heard.push('aborted'))
      if (listens) raw.on('error', (error: NodeJS.ErrnoException) => heard.push(`${error.code} ${error.message}`))
      const closed = new Promise((resolve) => raw.on('close', resolve))
      client[how]()
      await closed
      t.same(heard, listens ? ['aborted', 'ECONNRESET aborted'] : ['aborted'], how)
      t.ok(raw.destroyed)
      await app.settled()
    }
  }
})

await onEachHost('what has been answered is not aborted when its client goes', async (t, begin) => {
  const heard: string[] = []
  const listen: Hook = ({ raw }) => void raw.on('aborted', () => heard.push('aborted'))
  const refuse: Hook = ({ reply }) => reply(401, 'no')
  const app = await begin({
    routes: { '/ws': { hooks: [listen], handler: echo }, '/refused': { hooks: [listen, refuse], handler: echo } },
  })
  for (const path of ['/ws', '/refused']) {
    const client = await app.send({ path })
    await client.readHead()
    const closed = once(client.socket, 'close')
    client.reset()
    await closed
    await app.settled()
    t.same(heard, [], path)
  }
})
