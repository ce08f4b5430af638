/** The proxies' configurations that docs/operating.md shows, with other ports, in front of two processes as they are in production. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { type Running as Example, runExample } from '../examples/run-example.ts'
import { ask, dial, leave } from '../honest/visit.ts'
import { echo } from '../hosts/host.ts'
import { nodeHost } from '../hosts/node.ts'
import { start } from '../hosts/suite.ts'
import { freePort } from '../support/free-port.ts'
import { missing, type ProxyName, runProxy } from '../support/reverse-proxy.ts'
import { ROOT } from '../support/root.ts'
import { until } from '../support/until.ts'

const FILES: readonly [ProxyName, file: string][] = [
  ['nginx', 'nginx.conf'],
  ['haproxy', 'haproxy.cfg'],
  ['caddy', 'Caddyfile'],
]

/** Where the clients come to, and the two processes. */
const WRITTEN = ['8080', '3000', '3001'] as const

/** What a proxy needs so that it runs beside others, and ends with the test. */
const ASIDE: Partial<Record<ProxyName, (config: string) => string>> = {
  haproxy: (config) =>
    config
      .replace(/maxconn \d+/, 'maxconn 1000') // file descriptors
      .replace('defaults', 'defaults\n  timeout check 10s'), // else `inter`, in which a busy process does not answer
  nginx: (config) => {
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`)
    const own = config.replace('http {', `http {\n access_log off;\n ${folders.join(' ')}`)
    return `daemon off; master_process off; pid nginx.pid;\n${own}`
  },
}

/** The proxy as it stands in the docs; `ports` are in the order of WRITTEN. Returns where it listens. */
async function runWritten(
  t: Test,
  [name, file]: readonly [ProxyName, string],
  ports: readonly number[],
  changes: readonly [from: RegExp | string, to: string][] = [],
): Promise<string> {
  const written = readFileSync(`${ROOT}docs/operating/${file}`, 'utf8')
  const changed = changes.reduce((config, [from, to]) => config.replace(from, to), written)
  const config = WRITTEN.reduce((config, port, at) => config.replaceAll(port, String(ports[at])), changed)
  await runProxy(t, name, ASIDE[name]?.(config) ?? config, [ports[0]])
  return `ws://127.0.0.1:${ports[0]}`
}

/** Two processes of the example, and a proxy in front of them. */
async function site(t: Test, proxy: readonly [ProxyName, string]): Promise<{ url: string; processes: Example[] }> {
  const ports = await Promise.all(WRITTEN.map(() => freePort()))
  const env = { NOTICE_MS: '2000', SPREAD_MS: '0', DEADLINE_MS: '3000', METRICS_PORT: '0' }
  const [, ...behind] = ports
  const processes = await Promise.all(
    behind.map((port) => runExample(t, 'in-production', { ...env, PORT: String(port) })),
  )
  const checks: [RegExp, string][] = [[/(inter|health_interval) 2s/, '$1 100ms']]
  return { url: await runWritten(t, proxy, ports, checks), processes }
}

/** As a page does that is served by the same site; from an address that only the proxy can tell of. */
async function enter(url: string): Promise<{ client: WebSocket; welcome: string }> {
  const headers = { host: 'app.example', origin: 'https://app.example' }
  const client = new WebSocket(`${url}/rooms/lobby`, { headers, localAddress: '127.0.0.2' })
  const [welcome] = (await once(client, 'message')) as [Buffer] // which may come with the 101
  return { client, welcome: welcome.toString() }
}

/** One who comes while a process leaves: let in by the other, or by this one just before it says so. */
async function comeLate(url: string): Promise<string> {
  const client = new WebSocket(`${url}/rooms/lobby`)
  const closed = once(client, 'close').then(([code]) => `told ${code}`)
  const served = once(client, 'message').then(async () => 'served')
  const outcome = await Promise.race([closed, served])
  if (outcome === 'served') client.close(1000)
  await closed
  return outcome
}

/** So many have come. */
async function pings(client: WebSocket, count: number): Promise<true> {
  for (let come = 0; come < count; come++) await once(client, 'ping')
  return true
}

for (const proxy of FILES) {
  const [name] = proxy
  const skip = process.env.CI ? false : missing(name)

  t.test(`behind ${name}, and while a process is replaced`, { skip }, async (t) => {
    const { url, processes } = await site(t, proxy)
    const visitors = await Promise.all([1, 2, 3, 4, 5, 6].map(() => enter(url)))
    for (const { welcome } of visitors) t.equal(welcome, 'welcome to lobby, 127.0.0.2')
    const ended = new Map<WebSocket, number>()
    for (const { client } of visitors) client.once('close', (code: number) => ended.set(client, code))

    const exit = processes[0].program.stop()
    let isOver = false
    void exit.then(() => {
      isOver = true
    })
    const outcomes: string[] = []
    while (!isOver) outcomes.push(await comeLate(url))
    t.equal(await exit, 0, 'the process has ended by itself')
    t.ok(outcomes.length > 5 && outcomes.includes('served'), 'others came meanwhile')
    t.same(
      outcomes.filter((one) => !['served', 'told 1012'].includes(one)),
      [],
      'and all were let in',
    )
    t.ok(ended.size > 0 && ended.size < visitors.length, `${ended.size} of ${visitors.length} were on it`)
    for (const code of ended.values()) t.equal(code, 1012, 'they know that they may come back')
    for (const { client } of visitors) if (!ended.has(client)) await leave(client)
  })

  t.test(`silence behind ${name}`, { skip }, async (t) => {
    const survives = async (pingIntervalMs: number | 'unlimited'): Promise<boolean> => {
      const app = await start(t, nodeHost, { routes: { '/ws': echo }, options: { pingIntervalMs } })
      const ports = [await freePort(), app.port, app.port]
      const shorter: [RegExp | string, string][] = [
        [/60s/g, '2s'],
        ['/ready', '/http'],
      ]
      const client = await dial(`${await runWritten(t, proxy, ports, shorter)}/ws`)
      const closed = once(client, 'close').then(() => false)
      const isAlive = await Promise.race([closed, pingIntervalMs === 'unlimited' ? silence() : pings(client, 8)])
      if (isAlive) await ask(client, 'still here', 'still here')
      client.terminate()
      await until('it is gone', () => app.ws.connections.size === 0)
      return isAlive
    }
    /** Only where it is not cut does it have an end. */
    const silence = (): Promise<true> => (name === 'caddy' ? delay(4_000, true) : new Promise(() => undefined))
    const [pinged, silent] = await Promise.all([survives(500), survives('unlimited')])
    t.ok(pinged, 'a ping within the time keeps it')
    t.equal(silent, name === 'caddy', 'without one it is cut, but for Caddy, which has no such time')
  })
}
