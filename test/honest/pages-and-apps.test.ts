/** Who a client says that it is: pages of the server and of a development server, and apps that are no browsers. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import type { RouteOptions } from '../../src/index.ts'
import { launch, noBrowser } from '../demo-driver.ts'
import { echo } from '../hosts/host.ts'
import { HOSTS } from '../hosts/hosts.ts'
import { onEachHost, start } from '../hosts/suite.ts'
import { harmNone } from './harm.ts'
import { talkInPage } from './talk-in-page.ts'
import { visit } from './visit.ts'

type Peer = [who: string, host: string, origin: string | undefined, options?: RouteOptions]

const IN_APPS: RouteOptions = { origins: ['capacitor://localhost', 'ionic://localhost', 'https://localhost'] }

const peers: Peer[] = [
  ['a page of the server', 'app.example', 'https://app.example'],
  ['a page of the server, on a port', 'app.example:8443', 'https://app.example:8443'],
  ['a page of Vite', 'localhost:3000', 'http://localhost:5173'],
  ['a page of Vite, of a server that is named by its address', '127.0.0.1:3000', 'http://localhost:5173'],
  ['a page of Vite that listens on IPv6', 'localhost:3000', 'http://[::1]:5173'],
  ['a page of a development server with TLS', 'localhost:3000', 'https://localhost:8443'],
  ['a page under a name of its own on this machine', 'api.localhost:3000', 'http://app.localhost:5173'],
  ['a native app', 'app.example', undefined],
  ['React Native on Android', 'app.example', 'https://app.example'],
  ['React Native on Android, where the port is written out', 'app.example', 'https://app.example:443'],
  ['React Native on a development machine', '10.0.2.2:3000', 'http://10.0.2.2:3000'],
  ['Capacitor on iOS', 'app.example', 'capacitor://localhost', IN_APPS],
  ['Capacitor on Android', 'app.example', 'https://localhost', IN_APPS],
  ['Ionic', 'app.example', 'ionic://localhost', IN_APPS],
  ['a page of the server whose apps are named', 'app.example', 'https://app.example', IN_APPS],
]

await onEachHost('pages and apps that may connect do', async (t, begin) => {
  const byDefault = await begin({ routes: { '/ws': echo } })
  const named = await begin({ routes: { '/ws': { options: IN_APPS, handler: echo } } })
  await harmNone(
    t,
    peers.map(([who, host, origin, options]) => {
      const { port } = options === undefined ? byDefault : named
      return [who, visit(`ws://127.0.0.1:${port}/ws`, { headers: { host }, ...(origin && { origin }) })]
    }),
  )
})

/** A page, and nothing else, on a port of its own. */
async function developmentServer(t: Test): Promise<number> {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><title>in development</title>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

t.test('Chromium with a page of a development server', { skip: process.env.CI ? false : noBrowser }, async (t) => {
  const port = await developmentServer(t)
  const browser = await launch()
  t.teardown(() => browser.close())
  const talk = async (pageHost: string, appUrl: string): Promise<void> => {
    const page = await browser.newPage()
    await page.goto(`http://${pageHost}:${port}/`)
    await talkInPage(page, appUrl)
  }
  const apps = await Promise.all(HOSTS.map((host) => start(t, host, { routes: { '/ws': echo } })))
  await harmNone(
    t,
    apps.flatMap((app, at) => [
      [`${HOSTS[at].name}, by name`, talk('localhost', `ws://localhost:${app.port}/ws`)] as const,
      [`${HOSTS[at].name}, by name and by address`, talk('localhost', `ws://127.0.0.1:${app.port}/ws`)] as const,
    ]),
  )
})
