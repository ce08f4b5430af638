/** Behind a reverse proxy: TLS ended there, Host rewritten and not, and who comes that way. */

import type { Browser } from 'playwright-core'
import t, { type Test } from 'tap'
import type { ClientOptions } from 'ws'
import type { AppOptions } from '../../src/index.ts'
import { TLS } from '../adapters/tls.ts'
import { launch, noBrowser } from '../demo-driver.ts'
import { echo, type Host } from '../hosts/host.ts'
import { HOSTS } from '../hosts/hosts.ts'
import { start } from '../hosts/suite.ts'
import { freePort } from '../support/free-port.ts'
import { PROXIES, type ReverseProxy, type Site } from '../support/reverse-proxy.ts'
import { SKIP_SHORT } from './full.ts'
import { harmNone } from './harm.ts'
import { talkInPage } from './talk-in-page.ts'
import { dial, exchange, leave, visit } from './visit.ts'

const PUBLIC = 'app.example'

/** What the operator of this proxy has told the app, where the defaults are not meant for it. */
type Told = 'nothing' | 'to trust the proxy' | 'its public origin'

interface Way extends Pick<Site, 'isTls' | 'isHostKept'> {
  readonly told: Told
  /** The page's; undefined for an app that is no browser. */
  readonly origin: string | undefined
}

const ways: readonly Way[] = [
  { isTls: false, isHostKept: true, told: 'nothing', origin: `http://${PUBLIC}` },
  { isTls: false, isHostKept: true, told: 'nothing', origin: undefined },
  { isTls: true, isHostKept: true, told: 'nothing', origin: `https://${PUBLIC}` },
  { isTls: true, isHostKept: true, told: 'to trust the proxy', origin: `https://${PUBLIC}` },
  { isTls: true, isHostKept: false, told: 'to trust the proxy', origin: `https://${PUBLIC}` },
  { isTls: true, isHostKept: false, told: 'its public origin', origin: `https://${PUBLIC}` },
  { isTls: true, isHostKept: false, told: 'nothing', origin: undefined },
]

const nameOf = ({ isTls, isHostKept, told, origin }: Way): string => {
  const host = `Host ${isHostKept ? 'kept' : 'rewritten'}`
  return `${isTls ? 'TLS' : 'TCP'}, ${host}, the app told ${told}, ${origin === undefined ? 'no browser' : 'a page'}`
}

/** Plain `node:http` has no word for a proxy that it trusts: there it is the origin that one names. */
function optionsFor(told: Told, host: Host): AppOptions {
  const isNamed = told === 'its public origin' || (told === 'to trust the proxy' && !host.isFramework)
  return isNamed ? { origins: [`https://${PUBLIC}`] } : {}
}

async function siteFor(t: Test, host: Host, { isTls, isHostKept, told }: Way): Promise<Site> {
  const trustProxy = told === 'to trust the proxy'
  const app = await start(t, host, { routes: { '/ws': echo }, trustProxy, options: optionsFor(told, host) })
  return { port: await freePort(), appPort: app.port, isTls, isHostKept }
}

/** As a client does that has found the proxy under its public name, at the scheme's own port. */
function through({ port }: Site, { isTls, origin }: Way): [url: string, options: ClientOptions] {
  const tls = isTls ? { ca: TLS.cert, servername: 'localhost' } : {}
  const options: ClientOptions = { ...tls, headers: { host: PUBLIC } }
  if (origin !== undefined) options.origin = origin
  return [`${isTls ? 'wss' : 'ws'}://127.0.0.1:${port}/ws`, options]
}

async function allWays(t: Test, proxy: ReverseProxy): Promise<[name: string, way: Way, site: Site][]> {
  const arranged: [string, Way, Site][] = []
  for (const host of HOSTS) {
    for (const way of ways) arranged.push([`${host.name}: ${nameOf(way)}`, way, await siteFor(t, host, way)])
  }
  await proxy.start(
    t,
    arranged.map(([, , site]) => site),
  )
  return arranged
}

/** Longer than either proxy waits for a byte. */
const IDLE_MS = 75_000

async function idle(url: string, options: ClientOptions): Promise<void> {
  const client = await dial(url, options)
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  await exchange(client)
  await leave(client)
}

async function browse(browser: Browser, name: string): Promise<void> {
  const page = await browser.newPage({ ignoreHTTPSErrors: true })
  await page.goto(`https://${name}/http`)
  await talkInPage(page, `wss://${name}/ws`)
}

t.jobs = 2 // those who are silent only wait

for (const proxy of PROXIES) {
  const skip = process.env.CI ? false : proxy.missing
  t.test(`behind ${proxy.name}`, { skip, buffered: true }, async (t) => {
    const sites = await allWays(t, proxy)
    await harmNone(
      t,
      sites.map(([name, way, site]) => [name, visit(...through(site, way))]),
    )
  })

  t.test(
    `silent for longer than ${proxy.name} waits for a byte`,
    { skip: skip || SKIP_SHORT, buffered: true },
    async (t) => {
      const sites = await allWays(t, proxy)
      await harmNone(
        t,
        sites.map(([name, way, site]) => [name, idle(...through(site, way))]),
      )
    },
  )

  t.test(
    `Chromium behind ${proxy.name}`,
    { skip: skip || (process.env.CI ? false : noBrowser), buffered: true },
    async (t) => {
      const way: Way = { isTls: true, isHostKept: true, told: 'nothing', origin: undefined }
      const sites = await Promise.all(HOSTS.map((host) => siteFor(t, host, way)))
      await proxy.start(t, sites)
      const rules = sites.map(({ port }, at) => `MAP app${at}.example:443 127.0.0.1:${port}`)
      const browser = await launch(`--host-resolver-rules=${rules.join(',')}`)
      t.teardown(() => browser.close())
      await harmNone(
        t,
        HOSTS.map(({ name }, at) => [name, browse(browser, `app${at}.example`)]),
      )
    },
  )
}
