/** Where the inspector is mounted: the page and its socket on one path, behind one guard, in every framework. */

import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { connect } from '../../src/client/index.ts'
import { ADMIN, APPS, type Mounted } from './inspector-apps.ts'

function onEachApp(name: string, test: (t: Test, host: string, app: Mounted) => Promise<void>): void {
  for (const [framework, start] of APPS) {
    t.test(`${framework}: ${name}`, async (t) => {
      const app = await start()
      t.teardown(() => app.close())
      await test(t, `127.0.0.1:${(app.server.address() as AddressInfo).port}`, app)
    })
  }
}

/** What stands between the tags of an element. */
const inside = (html: string, element: string): string =>
  new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`).exec(html)?.[1] ?? ''

const sha256 = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`

onEachApp('the page may run its own script, and nothing else', async (t, host) => {
  const response = await fetch(`http://${host}/inspect`, { headers: ADMIN })
  const html = await response.text()
  t.equal(response.status, 200)
  const policy = new Map(
    (response.headers.get('content-security-policy') ?? '').split('; ').map((one) => {
      const [name, ...values] = one.split(' ')
      return [name, values.join(' ')]
    }),
  )
  t.equal(policy.get('default-src'), `'none'`)
  t.equal(policy.get('script-src'), `'${sha256(inside(html, 'script'))}'`)
  t.equal(policy.get('style-src'), `'${sha256(inside(html, 'style'))}'`)
  t.equal(policy.get('frame-ancestors'), `'none'`)
  t.match(Object.fromEntries(response.headers), {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  t.notMatch(html, /(src|href)="(?!data:)/, 'everything is in it')
  t.ok(html.length < 100_000)
})

onEachApp('HEAD has no body', async (t, host) => {
  const response = await fetch(`http://${host}/inspect`, { method: 'HEAD', headers: ADMIN })
  t.equal(response.status, 200)
  t.equal(await response.text(), '')
})

onEachApp('the guard keeps both from others', async (t, host) => {
  t.equal((await fetch(`http://${host}/inspect`)).status, 401)
  await t.rejects(connect(`ws://${host}/inspect`), { name: 'HandshakeError', status: 401 })
})

onEachApp('the socket is on the same path', async (t, host) => {
  const socket = await connect(`ws://${host}/inspect`, { headers: ADMIN, origin: `http://${host}` })
  for await (const message of socket) {
    t.match(JSON.parse(String(message)), { type: 'hello', showPayloads: false })
    break
  }
})

onEachApp('a page of another site cannot open the socket', async (t, host) => {
  for (const origin of ['https://evil.example', 'null', `http://${host}.evil.example`]) {
    const opening = connect(`ws://${host}/inspect`, { headers: ADMIN, origin })
    await t.rejects(opening, { name: 'HandshakeError', status: 403 }, origin)
  }
})
