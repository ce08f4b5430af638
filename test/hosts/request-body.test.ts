/** The request of a handshake is a stream that has ended, and may be read like any other. */

import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { echo, type Hook } from './host.ts'
import { isOverHttp2 } from './hosts.ts'
import { onEachHost } from './suite.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const readers: Record<string, Hook> = {
  '/text': async ({ raw }) => void (await text(raw)),
  '/loop': async ({ raw }) => {
    for await (const _ of raw);
  },
  '/pipeline': ({ raw }) => pipeline(raw, new PassThrough().resume()),
  '/data': ({ raw }) => new Promise((resolve) => raw.on('data', () => undefined).on('end', resolve)),
  '/readable': ({ raw }) => new Promise((resolve) => raw.on('readable', () => raw.read()).on('end', resolve)),
  '/later': async ({ raw }) => {
    await turn()
    await text(raw)
  },
}

await onEachHost('a hook may read the body, which is empty', async (t, begin) => {
  const seen: unknown[] = []
  const look: Hook = ({ raw }) => {
    const { complete, readableEnded, method, headers, rawHeaders, socket } = raw
    seen.push([complete, readableEnded, method, headers.upgrade, rawHeaders.length, socket.remoteAddress])
  }
  const routes = Object.entries(readers).map(([path, hook]) => [path, { hooks: [hook, look], handler: echo }])
  const app = await begin({ routes: Object.fromEntries(routes) })
  for (const path of Object.keys(readers)) {
    const client = await app.send({ path })
    t.equal((await client.readHead()).status, 101, path)
    t.same(seen.pop(), [true, true, 'GET', 'websocket', isOverHttp2 ? 8 : 10, '127.0.0.1'], path)
  }
})
