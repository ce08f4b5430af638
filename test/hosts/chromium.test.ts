/** A real browser: what its pages send arrives, what is sent to them does, and both sides' close codes. */

import type { Browser } from 'playwright-core'
import t from 'tap'
import type { Connection } from '../../src/index.ts'
import { launch, noBrowser } from '../demo-driver.ts'
import { echo, type Handler } from './host.ts'
import { onEachHost } from './suite.ts'

const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 1_048_576]
const CODES = [1000, 3000, 4000, 4999]

if (noBrowser && !process.env.CI) {
  t.test('Chromium', { skip: noBrowser }, () => undefined)
} else {
  const names = '--host-resolver-rules=MAP *.example 127.0.0.1'
  const browser: Browser = await launch(names)
  t.teardown(() => browser.close())

  await onEachHost('Chromium sends and gets messages of all sizes', async (t, begin) => {
    const app = await begin({ routes: { '/ws': echo } })
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${app.port}/http`)
    const faults = await page.evaluate(echoAll, { url: `ws://127.0.0.1:${app.port}/ws`, sizes: SIZES })
    t.same(faults, [])
    await page.close()
  })

  await onEachHost('Chromium tells and is told close codes', async (t, begin) => {
    const opened: Connection[] = []
    const keep: Handler = (socket) => void opened.push(socket)
    const tell: Handler = (socket) => socket.on('message', (code) => socket.close(Number(code.toString()), 'ciao €'))
    const app = await begin({ routes: { '/keep': keep, '/tell': tell } })
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${app.port}/http`)
    for (const code of CODES) {
      const url = `ws://127.0.0.1:${app.port}`
      const told = await page.evaluate(closeOf, { url: `${url}/tell`, code, isOurs: false })
      t.same(told, { code, reason: 'ciao €', wasClean: true }, `${code} from the server`)
      const echoed = await page.evaluate(closeOf, { url: `${url}/keep`, code, isOurs: true })
      t.match(echoed, { code, wasClean: true }, `${code} from the page, echoed`)
      t.same(await opened.pop()?.closed, { code, reason: 'bye €', wasClean: true }, `${code} from the page`)
    }
    await page.close()
  })

  await onEachHost(
    'X01 pages of another site, and of a sibling, cannot use their visitor’s cookies',
    async (t, begin) => {
      const handled: string[] = []
      const tell: Handler = (socket, request) => {
        const { cookie } = (request as { headers: { cookie?: string } }).headers
        handled.push(String(cookie))
        socket.send(String(cookie))
      }
      const app = await begin({
        routes: {
          '/ws': tell,
          '/wild': { options: { origins: ['http://*.app.example:1'] }, handler: tell },
          '/any': { options: { origins: 'any' }, handler: tell },
        },
      })
      const context = await browser.newContext()
      await context.addCookies([{ name: 'session', value: 'victim', domain: 'app.example', path: '/' }])
      const page = await context.newPage()
      const ask = (path: string): Promise<string> => page.evaluate(opened, `ws://app.example:${app.port}${path}`)
      for (const site of ['evil.example', 'sub.app.example', 'evilapp.example']) {
        await page.goto(`http://${site}:${app.port}/http`)
        for (const path of ['/ws', '/wild']) t.equal(await ask(path), 'closed 1006', `${site} ${path}`)
      }
      t.same(handled, [], 'no handler has run')
      await page.goto(`http://sub.app.example:${app.port}/http`)
      t.equal(await ask('/any'), 'session=victim', 'the cookie does go with it')
      await page.goto(`http://app.example:${app.port}/http`)
      t.equal(await ask('/ws'), 'session=victim', 'and its own pages connect')
      t.equal(app.ws.limitsHit.origins, 6)
      await context.close()
    },
  )
}

/** Runs in the page: what comes of opening `url`. */
async function opened(url: string): Promise<string> {
  const socket = new WebSocket(url)
  return new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => resolve(String(data)))
    socket.addEventListener('close', (it) => resolve(`closed ${(it as unknown as Ended).code}`))
  })
}

/** Runs in the page: sends each size as text, with emoji, and as binary; returns what did not come back as it was. */
async function echoAll({ url, sizes }: { url: string; sizes: number[] }): Promise<string[]> {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  const next = (event: 'open' | 'message'): Promise<MessageEvent> =>
    new Promise((resolve) => socket.addEventListener(event, (it) => resolve(it as MessageEvent), { once: true }))
  await next('open')
  const faults: string[] = []
  for (const size of sizes) {
    const text = '😀'.repeat(size / 4) + 'x'.repeat(size % 4)
    socket.send(text)
    if ((await next('message')).data !== text) faults.push(`text of ${size}`)
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7) % 256)
    socket.send(bytes)
    const answer = new Uint8Array((await next('message')).data as ArrayBuffer)
    if (answer.length !== size || answer.some((byte, at) => byte !== bytes[at])) faults.push(`binary of ${size}`)
  }
  socket.close()
  return faults
}

/** Of the browser's CloseEvent, what is looked at; its types are not among Node's. */
interface Ended {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** Runs in the page: closes with `code`, or asks the server to. */
async function closeOf({ url, code, isOurs }: { url: string; code: number; isOurs: boolean }): Promise<Ended> {
  const socket = new WebSocket(url)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  if (isOurs) socket.close(code, 'bye €')
  else socket.send(String(code))
  const end = await new Promise<Ended>((resolve) =>
    socket.addEventListener('close', (it) => resolve(it as unknown as Ended)),
  )
  return { code: end.code, reason: end.reason, wasClean: end.wasClean }
}
