/** A browser over HTTP/2: its page and its WebSockets share one connection. RFC 8441 */

import type { Http2SecureServer, Http2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import type { Browser, Page } from 'playwright-core'
import type { AppOptions, CloseResult, Connection } from 'sockroute'
import wsPlugin from 'sockroute/fastify'
import t, { type Test } from 'tap'
import { selfSigned } from '../examples/self-signed.ts'
import { launch, newContext, noBrowser } from './demo-driver.ts'
import { until } from './support/until.ts'

const SOCKETS = 10
const skip = noBrowser
let browser: Browser

if (noBrowser !== false && process.env.CI) t.fail(`CI has to test HTTP/2 in a browser: ${noBrowser}`)

if (noBrowser === false) {
  browser = await launch()
  t.teardown(() => browser.close())
}

/** In the page: opens sockets one beside the other, and tells what becomes of each. */
const SCRIPT = `
  const opened = (path, protocols) => new Promise((resolve, reject) => {
    const socket = new WebSocket('wss://' + location.host + path, protocols)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => resolve(socket)
    socket.onclose = ({ code }) => reject(new Error('closed with ' + code))
  })
  const next = (socket) => new Promise((resolve) => { socket.onmessage = ({ data }) => resolve(data) })
  const closed = (socket) => new Promise((resolve, reject) => {
    if (socket.readyState === WebSocket.CLOSED) reject(new Error('was closed before anybody listened'))
    socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean })
  })
  let sockets = []
  let ends
`

/** What the server sees of the browser. */
interface Site {
  readonly url: string
  readonly page: Page
  /** TCP connections that have been made. */
  readonly connections: () => number
  readonly sessions: readonly Http2Session[]
  readonly versions: readonly string[]
  readonly closed: readonly Promise<CloseResult>[]
  close(): Promise<void>
}

async function open(t: Test, options: AppOptions): Promise<Site> {
  const app = fastify({ http2: true, https: { allowHTTP1: true, ...selfSigned() }, forceCloseConnections: true })
  await app.register(wsPlugin, { drain: { spreadMs: 0 }, ...options })
  const versions: string[] = []
  const closed: Promise<CloseResult>[] = []
  app.get('/', (request, reply) => {
    versions.push(`page ${request.raw.httpVersion}`)
    return reply.type('text/html').send(`<!doctype html><title>h2</title><script>${SCRIPT}</script>`)
  })
  app.get('/news', (request) => ({ version: request.raw.httpVersion }))
  app.ws('/echo', (socket, request) => {
    versions.push(`socket ${request.raw.httpVersion}`)
    closed.push(socket.closed)
    return echo(socket)
  })
  app.ws('/nobody', { onRequest: async (_request, reply) => reply.code(401).send('who are you?') }, echo)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const server = app.server as unknown as Http2SecureServer
  const sessions: Http2Session[] = []
  let connections = 0
  server.on('session', (session) => sessions.push(session))
  server.on('secureConnection', () => connections++)
  const context = await newContext(browser, { ignoreHTTPSErrors: true })
  t.teardown(async () => {
    await context.close()
    await app.close()
  })
  const page = await context.newPage()
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await page.goto(url)
  return { url, page, connections: () => connections, sessions, versions, closed, close: () => app.close() }
}

/** Whoever asks for it is closed by the server. */
async function echo(socket: Connection): Promise<void> {
  for await (const message of socket) {
    if (message === 'close me') socket.close(4002, 'by the server')
    else socket.send(message)
  }
}

/** Opens the sockets, each of which gets its own message back, as text and as bytes. */
const TALK = `(async () => {
  sockets = await Promise.all(Array.from({ length: ${SOCKETS} }, () => opened('/echo')))
  return Promise.all(sockets.map(async (socket, at) => {
    socket.send('socket ' + at)
    const text = await next(socket)
    socket.send(new Uint8Array([at, 255]))
    return [text, ...new Uint8Array(await next(socket))].join(' ')
  }))
})()`

const TALKED = Array.from({ length: SOCKETS }, (_, at) => `socket ${at} ${at} 255`)

t.test('ten WebSockets and the page are one connection', { skip }, async (t) => {
  const site = await open(t, { http2: true })
  t.same(await site.page.evaluate(TALK), TALKED)
  t.same(await site.page.evaluate(`fetch('/news').then((response) => response.json())`), { version: '2.0' })
  t.same(site.versions, ['page 2.0', ...Array<string>(SOCKETS).fill('socket 2.0')])
  t.equal(site.sessions.length, 1, 'one session')
  t.equal(site.connections(), 1, 'over one TLS connection')
})

t.test('either end closes with a code', { skip }, async (t) => {
  const site = await open(t, { http2: true })
  await site.page.evaluate(TALK)
  const ends = await site.page.evaluate(`Promise.all(sockets.map((socket, at) => {
    const end = closed(socket)
    if (at % 2 === 0) socket.close(4001, 'by the page')
    else socket.send('close me')
    return end
  }))`)
  const expected = (at: number) => (at % 2 === 0 ? { code: 4001, reason: '' } : { code: 4002, reason: 'by the server' }) // an answer has the code alone
  t.same(
    ends,
    TALKED.map((_, at) => ({ ...expected(at), wasClean: true })),
  )
  const seen = (await Promise.all(site.closed)).map(({ code, reason }) => `${code} ${reason}`).sort()
  t.same(seen, [...Array(5).fill('4001 by the page'), ...Array(5).fill('4002 by the server')])
  t.same(await site.page.evaluate(`fetch('/news').then((response) => response.json())`), { version: '2.0' })
  t.equal(site.connections(), 1, 'the connection has stayed')
})

t.test('large messages and compression', { skip }, async (t) => {
  const site = await open(t, { http2: true, compression: true })
  const answer = await site.page.evaluate(`(async () => {
    const socket = await opened('/echo')
    const text = 'ä, and more of it; '.repeat(50000)
    socket.send(text)
    return [socket.extensions.split(';')[0], (await next(socket)) === text]
  })()`)
  t.same(answer, ['permessage-deflate', true])
})

t.test('a refused one fails, and the others go on', { skip }, async (t) => {
  const site = await open(t, { http2: true })
  await site.page.evaluate(TALK)
  t.equal(await site.page.evaluate(`opened('/nobody').catch((error) => error.message)`), 'closed with 1006')
  t.equal(await site.page.evaluate(`opened('/nowhere').catch((error) => error.message)`), 'closed with 1006')
  t.equal(await site.page.evaluate(`sockets[0].send('still there'), next(sockets[0])`), 'still there')
  t.equal(site.connections(), 1)
})

t.test('an app that closes tells each of them, and the session ends', { skip }, async (t) => {
  const site = await open(t, { http2: true })
  await site.page.evaluate(TALK)
  await site.page.evaluate(`ends = Promise.all(sockets.map(closed)), undefined`) // listens before anything can end
  await site.close()
  const ends = await site.page.evaluate<{ code: number; wasClean: boolean }[]>(`ends`)
  t.same(
    ends.map(({ code, wasClean }) => [code, wasClean]),
    TALKED.map(() => [1001, true]),
  )
  await until('the session has ended', () => site.sessions[0].destroyed)
})

t.test('without the option the same page opens them over HTTP/1.1', { skip }, async (t) => {
  const site = await open(t, {})
  t.same(await site.page.evaluate(TALK), TALKED)
  t.same(site.versions, ['page 2.0', ...Array<string>(SOCKETS).fill('socket 1.1')])
  t.equal(site.sessions.length, 1, 'the page alone')
  t.equal(site.connections(), 1 + SOCKETS)
  const ends = await site.page.evaluate(
    `Promise.all(sockets.map((socket) => { socket.close(4001); return closed(socket) }))`,
  )
  t.match(ends, Array<{ code: number }>(SOCKETS).fill({ code: 4001 }))
})
