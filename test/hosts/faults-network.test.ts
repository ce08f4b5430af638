/** What happens on the way between a client and us: after each, nothing is left, and others were served. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { CloseResult } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import { Program } from '../support/program.ts'
import { echo, type Handler } from './host.ts'
import { handshake, RawClient } from './raw-client.ts'
import { onEachHost, type Running } from './suite.ts'

const ANSWERING = fileURLToPath(new URL(`answering${extname(import.meta.url)}`, import.meta.url)) // .js where compiled
const BYE = clientFrame(8, Buffer.of(3, 232))
const HI = clientFrame(1, 'hi')
const ABNORMAL = { code: 1006, reason: '', wasClean: false }

/** Echoes, and keeps how each connection ended. */
function recorder(): { readonly handler: Handler; readonly ends: Promise<CloseResult>[] } {
  const record = {
    ends: [] as Promise<CloseResult>[],
    handler: ((socket, request) => {
      record.ends.push(socket.closed)
      return echo(socket, request)
    }) as Handler,
  }
  return record
}

async function isServed(t: Test, client: RawClient, message: string): Promise<void> {
  client.write(HI)
  t.equal(await client.readText(), 'hi', message)
}

/** A proxy whose connections a test can hold up, and cut. */
class Between {
  readonly #pairs: [near: Socket, far: Socket][] = []
  readonly #server = createServer((near) => this.#join(near))
  readonly #target: number

  constructor(t: Test, { port }: Running) {
    this.#target = port
    t.teardown(() => {
      this.cut('destroy')
      this.#server.close()
    })
  }

  async connect(t: Test): Promise<RawClient> {
    if (!this.#server.listening) await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    const client = await RawClient.connect((this.#server.address() as AddressInfo).port)
    t.teardown(() => client.destroy())
    client.write(handshake())
    await client.readHead()
    return client
  }

  cut(how: 'end' | 'destroy' | 'resetAndDestroy'): void {
    for (const pair of this.#pairs.splice(0)) for (const socket of pair) socket[how]()
  }

  #join(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1')
    this.#pairs.push([near, far])
    for (const socket of [near, far]) socket.on('error', () => undefined)
    near.pipe(far).pipe(near)
  }
}

await onEachHost('B04 a client whose process is stopped is terminated', async (t, begin) => {
  const { handler, ends } = recorder()
  const stopped = { options: { pingIntervalMs: 100, pongTimeoutMs: 400 }, handler }
  const app = await begin({ routes: { '/ws': stopped, '/others': echo } })
  const witness = await app.open({ path: '/others' })
  const program = new Program([ANSWERING, String(app.port)], {})
  const [, pid] = await program.printed(/^open (\d+)$/m)
  t.teardown(() => program.stop('SIGKILL'))
  process.kill(Number(pid), 'SIGSTOP')
  t.same(await ends[0], ABNORMAL)
  await isServed(t, witness, 'others are served')
  process.kill(Number(pid), 'SIGCONT')
  await program.printed(/^closed$/m)
  witness.reset()
  await app.settled()
  t.equal(app.ws.connections.size, 0, 'nothing is left')
})

await onEachHost('F27 a whole session may come one byte at a time', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const client = await app.connect()
  const long = clientFrame(2, Buffer.alloc(200, 7))
  for (const byte of Buffer.concat([handshake(), HI, clientFrame(9, 'p'), long, BYE])) {
    client.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal((await client.readHead()).status, 101)
  t.same(await client.readToEnd(), ['text hi', 'pong p', 'binary of 200 bytes', 'close 1000', 'fin'])
  client.end()
  await app.settled()
  t.equal(app.ws.connections.size, 0, 'nothing is left')
})

const cuts: [how: 'end' | 'destroy' | 'resetAndDestroy', sent: Buffer][] = [
  ['end', Buffer.alloc(0)],
  ['end', HI.subarray(0, 4)],
  ['destroy', HI.subarray(0, 4)],
  ['resetAndDestroy', Buffer.alloc(0)],
  ['resetAndDestroy', clientFrame(1, 'half', { fin: false })],
]

await onEachHost('a proxy in between that cuts', async (t, begin) => {
  const { handler, ends } = recorder()
  const app = await begin({ routes: { '/ws': handler } })
  const witness = await app.open()
  const proxy = new Between(t, app)
  for (const [how, sent] of cuts) {
    const client = await proxy.connect(t)
    await isServed(t, client, 'the proxy passes on')
    client.write(sent)
    proxy.cut(how)
    t.same(await ends.at(-1), ABNORMAL, `${how} behind ${sent.length} bytes`)
    client.destroy()
    await isServed(t, witness, 'others are served')
  }
  witness.reset()
  await app.settled()
  t.equal(app.ws.connections.size, 0, 'nothing is left')
})
