/** A page loads what the package gives to browsers; its server restarts; the page is connected again. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import t from 'tap'
import { createWebSockets, type WebSockets } from '../../src/index.ts'
import { launch, noBrowser } from '../demo-driver.ts'
import { freePort } from '../support/free-port.ts'
import { ROOT } from '../support/root.ts'

const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  exports: Record<string, { browser: { default: string } }>
}
const ENTRY = exports['./client'].browser.default.replace('./', '/')
const PAGE = `<!doctype html><title></title><script type="module">
  import { reconnecting } from '${ENTRY}'
  const told = []
  window.told = told
  const live = reconnecting('ws://' + location.host + '/live', { baseMs: 50, spreadMs: 50, maxQueued: 1 })
  window.live = live
  live.send('queued')
  for (const type of ['open', 'message', 'close', 'reconnecting', 'give-up', 'dropped']) {
    live.addEventListener(type, ({ data, code }) => told.push([type, data ?? code].filter((it) => it !== undefined).join(' ')))
  }
</script>`

interface App {
  readonly server: Server
  readonly ws: WebSockets
  readonly port: number
}

/** Serves the page, the compiled files, and a WebSocket that says which server it is of. */
async function serve(name: string, port: number): Promise<App> {
  const ws = createWebSockets()
  const server = createServer((request, response) => {
    const isScript = /^\/dist\/src\/[\w/-]+\.js$/.test(request.url ?? '')
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? readFileSync(`${ROOT}${request.url?.slice(1)}`) : PAGE)
  })
  server.on('upgrade', (request, socket, head) => {
    ws.upgrade(request, socket, head, (it) => {
      it.on('message', (data) => {
        it.send(`${name}: ${data.toString()}`)
      })
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { server, ws, port: (server.address() as AddressInfo).port }
}

async function stop({ server, ws }: App): Promise<void> {
  const ended = ws.close({ code: 1012, spreadMs: 0, deadlineMs: 2_000 }) // first: server.close() would say 1001
  const closed = once(server, 'close')
  server.close()
  await ended
  server.closeAllConnections()
  await closed
}

if (noBrowser && !process.env.CI) {
  t.test('Chromium', { skip: noBrowser }, () => undefined)
} else {
  const browser: Browser = await launch()
  t.teardown(() => browser.close())

  t.test('a page is connected again when its server has restarted', { timeout: 150_000 }, async (t) => {
    const first = await serve('first', await freePort()) // on which it begins anew
    const page = await browser.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    await page.goto(`http://127.0.0.1:${first.port}/`)
    await page.waitForFunction(`told.includes('message first: queued')`)
    await stop(first)
    await page.waitForFunction(`told.includes('reconnecting 1012')`)
    const second = await serve('second', first.port)
    await page.waitForFunction(`told.filter((it) => it === 'open').length === 2`)
    await page.evaluate(`live.send('again')`)
    await page.waitForFunction(`told.includes('message second: again')`)
    await page.evaluate(`live.close(1000)`)
    await page.waitForFunction(`told.at(-1) === 'close 1000'`)
    t.equal(await page.evaluate('live.readyState'), 3)
    const told = (await page.evaluate('told')) as string[]
    t.same(
      told.filter((line) => line !== 'reconnecting 1006'), // as often as it asked while nobody was there
      [
        'open',
        'message first: queued',
        'close 1012',
        'reconnecting 1012',
        'open',
        'message second: again',
        'close 1000',
      ],
    )
    t.same(faults, [])
    await page.close()
    await stop(second)
  })
}
