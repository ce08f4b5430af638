/** A chat that many simulated clients are in, with the inspector on it, for a browser to look at. */

import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { wsPlugin } from '../adapters/fastify.ts'
import { type InspectorOptions, inspector } from '../adapters/inspector.ts'
import { connect, type WebSocket } from '../src/client/index.ts'
import type { AppVerbs } from '../src/verbs.ts'
import { newContext } from './demo-driver.ts'

const QUIET = { warn: () => undefined, error: () => undefined }
/** What a browser says of a server that refuses, or is away. */
const REFUSED = /(status of|response code:) 40[13]|ERR_CONNECTION_REFUSED/
export const ROOMS: readonly string[] = ['lobby', 'tea-break', 'workshop', 'ops']

export interface Stage {
  readonly host: string
  readonly ws: AppVerbs
  /** Whether the inspector lets anybody in. */
  isOpen: boolean
  /** And its socket. */
  takesSockets: boolean
  close(): Promise<void>
  /** A client in a room, which says nothing by itself. */
  join(room: string, options?: Parameters<typeof connect>[1]): Promise<WebSocket>
}

export async function stage(t: Test, options: InspectorOptions = {}, port = 0): Promise<Stage> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(wsPlugin, {
    pingIntervalMs: 500,
    compression: { thresholdBytes: 64 },
    logger: QUIET,
    drain: { deadlineMs: 200 },
  })
  const inspect = inspector(app.ws, options)
  const guard = async (_request: unknown, reply: { code(status: number): { send(): unknown } }): Promise<unknown> =>
    made.isOpen ? undefined : reply.code(401).send()
  app.get('/inspect', { onRequest: guard }, inspect.page)
  const socketGuard: typeof guard = async (_request, reply) => (made.takesSockets ? undefined : reply.code(403).send())
  app.ws('/inspect', { onRequest: [guard, socketGuard] }, inspect.socket)
  app.ws('/chat/:room', (socket, request) => {
    const topic = `room:${request.params.room}`
    void socket.subscribe(topic)
    socket.on('message', (data) => void app.ws.publish(topic, data.toString()))
  })
  app.ws('/echo', (socket) => {
    socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }))
  })
  await app.listen({ port, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const host = `127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const made: Stage = {
    host,
    ws: app.ws,
    isOpen: true,
    takesSockets: true,
    close: async () => {
      await app.close()
    },
    async join(room, options = {}) {
      const client = await connect(`ws://${host}/chat/${room}`, options)
      client.on('message', () => undefined)
      return client
    },
  }
  return made
}

/** The page, in a context of its own; what its scripts throw, and what its policy keeps it from, is added to `faults`. */
export async function look(
  browser: Browser,
  { host }: Stage,
  faults: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await newContext(browser, { locale: 'en-GB', acceptDownloads: true, ...options })
  const page = await context.newPage()
  page.on('pageerror', (error) => faults.push(String(error.stack)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !REFUSED.test(message.text())) faults.push(message.text())
  })
  await page.goto(`http://${host}/inspect`)
  await page.locator('#state[data-state=open]').waitFor()
  return page
}

/** Finds a connection by words of the filter, and picks the first. */
export async function pick(page: Page, words: string): Promise<void> {
  await page.locator('#filter').fill(words)
  const row = page.locator('#connection-rows tr', { hasText: words }).first()
  await row.click()
  await page.locator('#detail[data-state=open]').waitFor()
  await page.locator('#facts dd').first().waitFor({ state: 'attached' })
}
