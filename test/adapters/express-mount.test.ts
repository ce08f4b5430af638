/** What metrics and diagnostics call a route of Express, whatever clients ask for. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express5 from 'express'
import express4 from 'express4'
import t from 'tap'
import { websockets } from '../../adapters/express.ts'
import { mountOf, ROOT } from '../../adapters/express-mount.ts'
import { handshake, RawClient } from '../hosts/raw-client.ts'

const CASES: [path: string, name: string][] = [
  ['/plain', '/plain'],
  ['/users/7', '/users/:user'],
  ['/rooms/42/chat', '/rooms/:room/chat'],
  ['/rooms/a%20b/chat', '/rooms/:room/chat'],
  ['/rooms/42/inner/x/deep/9', '/rooms/:room/inner/:inner/deep/:id'],
  ['/ROOMS/42/iNNer/x/deep/9', '/rooms/:room/inner/:inner/deep/:id'],
  ['/team-7/chat', '/team-:team/chat'],
  ['/team-a%20b/chat', '/team-:team/chat'],
]

for (const [name, express] of Object.entries({ express5, express4: express4 as unknown as typeof express5 })) {
  t.test(`${name}: routers on paths with parameters`, async (t) => {
    const app = websockets(express())
    const [rooms, inner] = [websockets(express.Router()), websockets(express.Router())]
    const handler = (): void => undefined
    app.ws('/plain', handler)
    app.ws('/users/:user', handler)
    rooms.ws('/chat', handler)
    inner.ws('/deep/:id', handler)
    rooms.use('/inner/:inner', inner)
    app.use('/rooms/:room', rooms)
    app.use('/team-:team', rooms)
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (const [path] of CASES) {
      const client = await RawClient.connect(port)
      client.write(handshake({ path }))
      t.equal((await client.readHead()).status, 101, path)
      client.destroy()
    }
    t.same(Object.keys(app.ws.metrics().routes).toSorted(), [...new Set(CASES.map(([, name]) => name))].toSorted())
    server.close()
    await app.ws.close()
  })
}

const WILD: [what: string, baseUrl: string, params: Record<string, unknown>, name: string][] = [
  ['a wildcard of Express 5', '/files/a/b%2Fc', { path: ['a', 'b/c'] }, '/files/:path'],
  ['a wildcard of Express 4', '/files/a/b', { 0: 'a/b' }, '/files/:0'],
  ['a group of a pattern', '/v12', { 0: '12' }, '/v:0'],
  ['values that lie in each other', '/a/ab', { one: 'a', two: 'ab' }, '/:one/:two'],
  ['a value that a segment begins with', '/users/u', { id: 'u' }, '/users/:id'],
  ['one that is not there', '/x', { id: undefined, name: '' }, '/x'],
]

for (const [what, baseUrl, params, name] of WILD) {
  t.test(what, async (t) => t.equal(mountOf(ROOT, { baseUrl, params: params as Record<string, string> }).name, name)) // as Express has them
}

t.test('a path that is no text is left as it is', async (t) => {
  t.same(mountOf(ROOT, { baseUrl: '/a/%ff', params: { id: 'b' } }), { baseUrl: '/a/%ff', name: '/a/%ff' })
})
