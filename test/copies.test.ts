/** Two copies of the package in one process: two installs, whose apps share a server. */

import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import express from 'express'
import t from 'tap'
import type * as Adapter from '../adapters/express.ts'
import type * as Package from '../src/index.ts'
import type { Connection } from '../src/index.ts'
import { serve } from './adapters/express-app.ts'
import { told } from './adapters/telling.ts'
import { clientFrame } from './protocol/wire.ts'
import { ROOT } from './support/root.ts'
import { until } from './support/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'sockroute-copies-'))
t.teardown(() => rmSync(folder, { recursive: true }))

async function copyOf(name: string): Promise<typeof Adapter & typeof Package> {
  const at = join(folder, name)
  for (const part of ['src', 'adapters']) cpSync(join(ROOT, 'dist', part), join(at, part), { recursive: true })
  writeFileSync(join(at, 'package.json'), '{ "type": "module" }')
  const load = (file: string): Promise<object> => import(pathToFileURL(join(at, file)).href) as Promise<object>
  return { ...(await load('adapters/express.js')), ...(await load('src/index.js')) } as typeof Adapter & typeof Package
}

const copies = [await copyOf('one'), await copyOf('other')]

for (const order of [copies, [...copies].reverse()]) {
  t.test('each app has its routes, whichever copy came first', async (t) => {
    const server = createServer()
    const apps = order.map(({ websockets, attach, handshakeSignal }, at) => {
      const app = websockets(express())
      app.ws(`/${at}`, (socket: Connection) => void socket.send(`app ${at}`))
      app.ws(
        `/signal/${at}`,
        (request, _response, next) => {
          handshakeSignal(request).addEventListener('abort', () => undefined)
          next()
        },
        (socket: Connection, request) => void socket.send(`${request.url} ${app.ws.connections.size}`),
      )
      attach(server, app)
      return app
    })
    const running = await serve(t, apps[1], server.listen(0, '127.0.0.1'))
    t.equal(await told(running, '/0'), 'app 0')
    t.equal(await told(running, '/1'), 'app 1')
    t.equal(await told(running, '/signal/0'), '/signal/0 2')
    t.equal(await told(running, '/signal/1'), '/signal/1 2')
    await Promise.all(apps.map((app) => app.ws.close({ deadlineMs: 0 })))
  })
}

t.test('an order reaches who is under way in the other copy', async (t) => {
  const server = createServer()
  let isHeld = false
  let letGo: () => void = () => undefined
  const [outer, inner] = copies.map(({ websockets, attach }, at) => {
    const app = websockets(express())
    app.use((_request, _response, next) => {
      isHeld = at === 0
      letGo = next
      if (!isHeld) next()
    })
    app.ws(`/${at}`, (socket: Connection) => Object.assign(socket, { data: { userId: 1 } }))
    attach(server, app)
    return app
  })
  const running = await serve(t, outer, server.listen(0, '127.0.0.1'))
  const client = await running.send({ path: '/1' })
  await until('it is under way', () => isHeld)
  t.equal(await inner.ws.close({ userId: 1 }, 4001), 0)
  letGo()
  await client.readHead()
  client.write(clientFrame(8, Buffer.of(3, 232)))
  t.same(await client.readToEnd(), ['close 4001', 'fin'])
  await Promise.all([outer, inner].map((app) => app.ws.close({ deadlineMs: 0 })))
})
