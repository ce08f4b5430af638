/** How an app ends: every client is told, none can hold it up, and the process exits by itself. RFC 6455 §7.4.1 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { clientFrame } from '../protocol/wire.ts'
import { echo, type Hook } from './host.ts'
import { HOSTS } from './hosts.ts'
import type { RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const GOING_AWAY = clientFrame(8, Buffer.of(3, 233))

/** Takes part in the closing handshake, and returns the code that it was told. */
async function leave(client: RawClient): Promise<number> {
  const { opcode, payload } = await client.readFrame()
  client.write(GOING_AWAY)
  client.end()
  return opcode === 8 ? payload.readUInt16BE() : 0
}

await onEachHost(
  'B11 many connections are told 1001, and those that do not answer are dropped',
  async (t, begin, host) => {
    const count = host.isFramework ? 200 : 1_000
    const app = await begin({ options: { drain: { spreadMs: 200, deadlineMs: 1_500 } }, routes: { '/ws': echo } })
    const clients: RawClient[] = []
    while (clients.length < count) clients.push(...(await Promise.all(Array.from({ length: 100 }, () => app.open()))))
    t.equal(app.ws.connections.size, count)
    const told = clients.filter((_, at) => at % 10 !== 0).map(leave)
    const start = performance.now()
    const closed = app.ws.close()
    const refused = await app.send()
    const { status, headers } = await refused.readAnswer()
    t.match([status, headers.connection, headers['retry-after']], [503, 'close', /^\d+$/], 'new handshakes get 503')
    refused.end()
    await closed
    const took = performance.now() - start
    t.ok(took > 1_400 && took < 10_000, `gone after ${took} ms`) // and not after the time that a peer has else
    t.same(new Set(await Promise.all(told)), new Set([1001]))
    t.equal(app.ws.connections.size, 0)
    t.match(await Promise.all(clients.map(({ ended }) => ended)), Array(count).fill(/fin|rst/))
    await app.close()
  },
)

await onEachHost('the end of the app is the end of its connections', async (t, begin) => {
  const app = await begin({ options: { drain: { deadlineMs: 60_000 } }, routes: { '/ws': echo } })
  const client = await app.open({}, clientFrame(1, 'last words'))
  const closed = app.close()
  t.equal(await client.readText(), 'last words')
  t.equal(await leave(client), 1001)
  t.equal(await client.rest(), '')
  await closed
  t.equal(app.server.listening, false)
})

await onEachHost('server.close() alone ends them as well', async (t, begin) => {
  const app = await begin({ options: { drain: { deadlineMs: 60_000 } }, routes: { '/ws': echo } })
  const clients = [await app.open(), await app.open()]
  const closed = once(app.server, 'close')
  app.server.close()
  t.same(await Promise.all(clients.map(leave)), [1001, 1001])
  await closed
})

await onEachHost('close() takes a code and a deadline of its own, and may be called twice', async (t, begin) => {
  const app = await begin({ options: { drain: { deadlineMs: 60_000 } }, routes: { '/ws': echo } })
  const [polite, silent] = [await app.open(), await app.open()]
  const both = Promise.all([app.ws.close({ code: 1012, deadlineMs: 100 }), app.ws.close()])
  t.equal(await leave(polite), 1012)
  t.equal((await silent.readFrame()).payload.readUInt16BE(), 1012)
  await both
  await silent.ended
})

await onEachHost('handshakes under way are refused when they are decided, or at the deadline', async (t, begin) => {
  let release: (() => void) | undefined
  const held: Hook = () =>
    new Promise<void>((resolve) => {
      release = resolve
    })
  let isUndecided = false
  const never: Hook = () => {
    isUndecided = true
    return new Promise(() => undefined)
  }
  const app = await begin({
    options: { drain: { deadlineMs: 300 } },
    routes: { '/held': { hooks: [held], handler: echo }, '/never': { hooks: [never], handler: echo } },
  })
  const [decided, undecided] = [await app.send({ path: '/held' }), await app.send({ path: '/never' })]
  while (!isUndecided || release === undefined) await new Promise((resolve) => setImmediate(resolve))
  const closed = app.ws.close()
  release()
  t.equal((await decided.readAnswer()).status, 503)
  decided.end()
  await closed
  await undecided.ended
  t.equal(await undecided.rest(), '', 'without an answer')
})

await onEachHost('a refused client that never ends its side holds nothing up', async (t, begin) => {
  const deny: Hook = ({ reply }) => reply(401)
  const patient = { drain: { deadlineMs: 600_000 } } // the test would time out
  const app = await begin({ options: patient, routes: { '/ws': { hooks: [deny], handler: echo } } })
  const client = await app.send()
  t.equal((await client.readAnswer()).status, 401)
  await app.close()
})

t.test('B11 a process whose apps have ended exits by itself', async (t) => {
  const program = fileURLToPath(new URL(`exiting${extname(import.meta.url)}`, import.meta.url)) // .js where compiled
  const child = spawn(process.execPath, [...process.execArgv, program], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code, signal] = await once(child, 'close')
  t.same([code, signal], [0, null])
  t.equal(output, HOSTS.map(({ name }) => `${name} ended\n`).join(''))
})
