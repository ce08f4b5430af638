/** Which pages may connect. Cookies go with a handshake from whatever page. RFC 6455 §10.2 */

import type { RouteOptions } from '../../src/index.ts'
import { echo } from './host.ts'
import { onEachHost } from './suite.ts'

type Case = [options: RouteOptions, host: string, origin: string | string[] | undefined, isAllowed: boolean]

const EVIL = 'https://evil.example'
const GOOD: RouteOptions = { origins: ['https://good.example'] }
const WILD: RouteOptions = { origins: ['https://*.example.com'] }
const OPAQUE: RouteOptions = { origins: ['null'] }
const APPS: RouteOptions = { origins: ['capacitor://localhost'] }
const ANY: RouteOptions = { origins: 'any' }
const CHOSEN: RouteOptions = { origins: (origin, request) => origin === EVIL && request.url === '/ws' }
const HOSTS: RouteOptions = { allowedHosts: ['good.example', '[::1]'] }

const cases: Case[] = [
  // By default: no browser, or the server's own pages.
  [{}, 'good.example', undefined, true],
  [{}, 'good.example', 'https://good.example', true],
  [{}, 'good.example', 'http://good.example', true], // a proxy may have ended TLS
  [{}, 'good.example:8080', 'http://good.example:8080', true],
  [{}, 'good.example', 'HTTPS://GOOD.EXAMPLE', true],
  [{}, 'Good.Example', 'https://good.example', true],
  [{}, 'good.example', EVIL, false],
  [{}, 'good.example', 'null', false],
  [{}, 'good.example', '', false],
  [{}, 'good.example', ['https://good.example', EVIL], false],
  [{}, 'good.example', ['https://good.example', 'https://good.example'], false],
  [{}, 'good.example', 'https://good.example.evil.com', false],
  [{}, 'good.example', 'https://good.example@evil.com', false],
  [{}, 'good.example', 'https://evil.com/good.example', false],
  [{}, 'good.example', 'https://good.example:444', false],
  [{}, 'good.example', 'https://good.example.', false],
  [{}, 'good.example', 'https://sub.good.example', false],
  [{}, 'good.example', 'https://xn--gd-hia.example', false],
  [{}, 'good.example', 'https://192.0.2.1', false],
  [{}, 'good.example', 'good.example', false],
  [{}, 'good.example', 'https://', false],
  // A page of a development server, on another port of the same machine.
  [{}, '127.0.0.1:3000', 'http://localhost:5173', true],
  [{}, 'localhost:3000', 'http://127.0.0.1:5173', true],
  [{}, '[::1]:3000', 'http://localhost:5173', true],
  [{}, 'localhost:3000', 'http://[::1]:5173', true],
  [{}, 'localhost:3000', 'http://localhost.evil.example:5173', false],
  [{}, 'localhost:3000', 'http://127.0.0.1.evil.example', false],
  [{}, 'localhost:3000', EVIL, false],
  [{}, 'good.example', 'http://localhost:5173', false],
  // By name.
  [GOOD, 'api.example', 'https://good.example', true],
  [GOOD, 'api.example', 'HTTPS://GOOD.EXAMPLE', true],
  [GOOD, 'api.example', 'https://api.example', true], // its own, still
  [GOOD, 'api.example', 'http://good.example', false],
  [GOOD, 'api.example', 'https://good.example:444', false],
  [GOOD, 'api.example', 'https://good.example.evil.com', false],
  [GOOD, 'api.example', 'https://notgood.example', false],
  [GOOD, 'api.example', 'null', false],
  [WILD, 'api.example', 'https://a.example.com', true],
  [WILD, 'api.example', 'https://a.b.example.com', true],
  [WILD, 'api.example', 'https://example.com', false],
  [WILD, 'api.example', 'https://evilexample.com', false],
  [WILD, 'api.example', 'https://.example.com', false],
  [WILD, 'api.example', 'http://a.example.com', false],
  [WILD, 'api.example', 'https://a.example.com:444', false],
  [WILD, 'api.example', 'https://a.example.com.evil.com', false],
  [OPAQUE, 'api.example', 'null', true],
  [OPAQUE, 'api.example', EVIL, false],
  [APPS, 'api.example', 'capacitor://localhost', true],
  [APPS, 'api.example', 'http://localhost', false],
  [ANY, 'api.example', EVIL, true],
  [ANY, 'api.example', 'null', true],
  [ANY, 'api.example', undefined, true],
  [CHOSEN, 'api.example', EVIL, true],
  [CHOSEN, 'api.example', 'https://other.example', false],
  [CHOSEN, 'api.example', undefined, true],
  // What else guards.
  [{ requireOrigin: true }, 'good.example', undefined, false],
  [{ requireOrigin: true }, 'good.example', 'https://good.example', true],
  [HOSTS, 'good.example', 'https://good.example', true],
  [HOSTS, 'good.example:8443', undefined, true],
  [HOSTS, '[::1]:8443', undefined, true],
  [HOSTS, 'attacker.com', 'http://attacker.com', false],
  [HOSTS, 'attacker.com', undefined, false],
  [{ ...HOSTS, ...ANY }, 'attacker.com', 'http://attacker.com', false],
]

await onEachHost('H34 H35 H36 H37 §10.2 only pages that may connect do', async (t, begin) => {
  for (const options of new Set(cases.map(([options]) => options))) {
    const app = await begin({ routes: { '/ws': { options, handler: echo } } })
    for (const [, host, origin, isAllowed] of cases.filter(([of]) => of === options)) {
      const client = await app.send({ headers: { host, origin, cookie: 'session=1' } })
      const { status } = await client.readHead()
      t.equal(status, isAllowed ? 101 : 403, `${origin === undefined ? 'no origin' : String(origin)} at ${host}`)
      client.destroy()
    }
    await app.stop()
  }
})

await onEachHost('a refusal names both sides to the operator, and neither to the client', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const client = await app.send({ path: '/ws?token=1', headers: { host: 'good.example', origin: EVIL } })
  const { body } = await client.readAnswer()
  t.equal(body, 'Forbidden\n')
  t.match(app.log, [{ level: 'warn', origin: EVIL, host: 'good.example', message: /origins: \["https:\/\/evil/ }])
})

await onEachHost('what a function for origins throws is answered with 500', async (t, begin) => {
  const origins = (): never => {
    throw new Error('no list of origins')
  }
  const app = await begin({ routes: { '/ws': { options: { origins }, handler: echo } } })
  const client = await app.send({ headers: { origin: EVIL } })
  t.equal((await client.readAnswer()).status, 500)
})

await onEachHost('a function for origins that returns a promise admits nobody by that', async (t, begin) => {
  const origins = (() => Promise.resolve(false)) as unknown as () => boolean // as in plain JavaScript
  const app = await begin({ routes: { '/ws': { options: { origins }, handler: echo } } })
  const client = await app.send({ headers: { origin: EVIL } })
  const { status } = await client.readHead()
  t.ok(status === 403 || status === 500, `${status}: a promise is true, whatever it fulfils with`)
})

await onEachHost('a forwarded host counts only where the app trusts its proxy', async (t, begin, host) => {
  const forwarded = { host: 'inner:3000', 'x-forwarded-host': 'good.example', origin: 'https://good.example' }
  for (const trustProxy of [false, true]) {
    const app = await begin({ trustProxy, routes: { '/ws': echo } })
    const client = await app.send({ headers: forwarded })
    const { status } = await client.readHead()
    t.equal(status, trustProxy && host.isFramework ? 101 : 403, `trust proxy: ${trustProxy}`)
  }
})

await onEachHost('the origin is checked before the hooks of the route', async (t, begin) => {
  let ran = 0
  const app = await begin({ routes: { '/ws': { hooks: [() => void ran++], handler: echo } } })
  const client = await app.send({ headers: { origin: EVIL } })
  t.equal((await client.readAnswer()).status, 403)
  t.equal(ran, 0)
})
