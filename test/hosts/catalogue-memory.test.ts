/** What hostile clients can make a server hold. Each host runs in a process of its own, and says what it holds. */

import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants, deflateRawSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { clientFrame, hex } from '../protocol/wire.ts'
import { Program, withFiles } from '../support/program.ts'
import { HOSTS } from './hosts.ts'
import type { Measured } from './measured.ts'
import { type Changes, handshake, RawClient } from './raw-client.ts'

const KIB = 1_024
const MIB = 1_048_576
const BYE = clientFrame(8, Buffer.of(3, 232))
/** A frame of a MiB, of which nothing has come. */
const DECLARED = hex('82ff000000000010000001020304')
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH }
const BOMB = clientFrame(2, deflateRawSync(Buffer.alloc(100_000_000), FLUSH).subarray(0, -4), { rsv1: true })
const PROGRAM = fileURLToPath(new URL(`measured${extname(import.meta.url)}`, import.meta.url)) // .js where compiled

/** The C library gives back at once what is free of larger buffers: what it keeps for later, if one above is in use, is not held. */
const GIVES_BACK = { MALLOC_MMAP_THRESHOLD_: '16384', MALLOC_TRIM_THRESHOLD_: '0' }

/** A host that runs elsewhere, and the clients that it has from here. */
class Elsewhere {
  readonly #program: Program
  #port = 0
  #clients: RawClient[] = []

  private constructor(name: string, flags: readonly string[], command: readonly string[]) {
    this.#program = new Program(['--expose-gc', ...flags, PROGRAM, name], GIVES_BACK, undefined, command)
  }

  static async begin(name: string, flags: readonly string[] = [], command: readonly string[] = []): Promise<Elsewhere> {
    const app = new Elsewhere(name, flags, command)
    app.#port = Number(await app.#program.told())
    return app
  }

  get errors(): string {
    return this.#program.errors
  }

  measure(): Promise<Measured> {
    return this.#program.ask('measure') as Promise<Measured>
  }

  /** It is asked again and again until what it says is so. */
  async until(test: (measured: Measured) => boolean): Promise<Measured> {
    for (;;) {
      const measured = await this.measure()
      if (test(measured)) return measured
    }
  }

  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.#port)
    this.#clients.push(client)
    return client
  }

  async open(changes: Changes = {}, ...behind: Buffer[]): Promise<RawClient> {
    const client = await this.connect()
    client.write(Buffer.concat([handshake(changes), ...behind]))
    const { status } = await client.readHead()
    if (status !== 101) throw new Error(`expected 101; got ${status}`)
    return client
  }

  openMany(count: number, changes: Changes = {}, ...behind: Buffer[]): Promise<RawClient[]> {
    return Promise.all(Array.from({ length: count }, () => this.open(changes, ...behind)))
  }

  /** All clients leave, and what it holds without them. */
  async empty(): Promise<Measured> {
    for (const client of this.#clients) client.destroy()
    this.#clients = []
    return this.until(({ connections }) => connections === 0)
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.#program.stop('SIGKILL')
  }
}

/** Writes `block` as often as it is taken, and stops where it is taken no more. */
async function fill(client: RawClient, block: Buffer, most: number): Promise<void> {
  for (let written = 0; written < most; written += block.length) {
    if (client.write(block)) continue
    const patience = new Promise<'late'>((resolve) => setTimeout(resolve, 100, 'late'))
    if ((await Promise.race([client.drained(), patience])) === 'late') return
  }
}

const cases: [name: string, test: (t: Test, app: Elsewhere) => Promise<void>][] = [
  [
    'B01 a client that never reads its echo costs no memory',
    async (t, app) => {
      const block = clientFrame(2, Buffer.alloc(64 * KIB))
      const stuff = async (): Promise<Measured> => {
        const client = await app.open()
        client.socket.pause()
        await fill(client, block, 100 * MIB)
        return app.measure()
      }
      const grown: number[] = []
      for (let attempt = 0; attempt < 8 && !(Math.min(...grown) < 4 * MIB); attempt++) {
        const before = await app.empty()
        const after = await stuff()
        t.ok(after.held - before.held < 2 * MIB, `${(after.held - before.held) / KIB} KiB held`)
        t.equal(after.connections, 1, 'it is kept: whoever does not read yet may do so later')
        grown.push(after.rss - before.rss)
      }
      // What the process keeps for later is no growth: it takes it once.
      t.ok(Math.min(...grown) < 4 * MIB, `${grown.map((bytes) => bytes / KIB).join(', ')} KiB of RSS`)
    },
  ],
  [
    'F09 peers that declare a MiB each and stay silent are gone after the message timeout',
    async (t, app) => {
      const idle = await app.openMany(50, { path: '/brief' }, DECLARED)
      for (const client of idle) {
        const { opcode, payload } = await client.readFrame()
        if (opcode !== 8 || payload.readUInt16BE() !== 1008) t.fail(`opcode ${opcode}`)
      }
      t.equal((await app.empty()).limitsHit.messageTimeoutMs, idle.length)
    },
  ],
  [
    'F09 what was declared is not allocated',
    async (t, app) => {
      const idle = await app.openMany(50)
      const before = await app.measure()
      for (const client of idle) client.write(DECLARED)
      for (const client of idle) client.write('x')
      const after = await app.measure()
      const each = (after.held - before.held) / idle.length
      t.ok(each < 16 * KIB, `${each} bytes each`) // the process's own 200 KB, come or gone meanwhile, are four of them
    },
  ],
  [
    'F25 a MiB in fragments of one byte keeps less than two',
    async (t, app) => {
      const client = await app.open({ path: '/fragments' })
      const before = await app.measure()
      const first = clientFrame(2, '', { fin: false })
      const parts = Buffer.alloc(7 * 64 * KIB, clientFrame(0, 'x', { fin: false }))
      client.write(first)
      for (let n = 0; n < 16; n++) if (!client.write(parts)) await client.drained()
      client.write(clientFrame(9, 'all taken'))
      t.equal(await client.readText(), 'all taken')
      const after = await app.measure()
      t.ok(after.held - before.held < 2 * MIB, `${(after.held - before.held) / KIB} KiB held`)
      client.write(clientFrame(0, ''))
      t.equal((await client.readFrame()).payload.length, MIB)
    },
  ],
  [
    'F25 a frame in segments of one byte keeps less than twice what has come',
    async (t, app) => {
      const send = async (): Promise<void> => {
        const client = await app.open()
        for (const byte of DECLARED) client.write(Buffer.of(byte))
        for (let n = 0; n < 4_000; n++) if (!client.write('x')) await client.drained()
      }
      let held = Infinity // the least of three: now and then the server keeps something else, once
      for (let times = 0; times < 3; times++) {
        const before = await app.measure()
        await send()
        const after = await app.measure()
        held = Math.min(held, after.held - before.held)
      }
      t.ok(held < 64 * KIB, `${held} bytes held`)
    },
  ],
  [
    'C08 C10 bombs cost no more than the largest message',
    async (t, app) => {
      const offered = { path: '/compressed', headers: { 'sec-websocket-extensions': 'permessage-deflate' } }
      const before = await app.measure()
      const clients = await app.openMany(20, offered, BOMB)
      const victim = await app.open(offered, clientFrame(1, 'meanwhile'))
      t.equal(await victim.readText(), 'meanwhile')
      for (const client of clients) t.same(await client.readToEnd(), ['close 1009', 'fin'])
      const after = await app.measure()
      t.ok(after.rss - before.rss < 64 * MIB, `${(after.rss - before.rss) / MIB} MiB of RSS`)
      const left = await app.empty()
      t.ok(left.held - before.held < 4 * MIB, `${(left.held - before.held) / KIB} KiB held when they are gone`)
    },
  ],
  [
    'A11 many that connect and leave in every way leave nothing',
    async (t, app) => {
      const ways: ((client: RawClient) => unknown)[] = [
        (client) => client.reset(),
        (client) => client.end(),
        (client) => client.write(BYE),
        (client) => client.write(hex('81026869')),
      ]
      const churn = async (count: number): Promise<Measured> => {
        for (let round = 0; round < count / 50; round++) {
          const clients = await app.openMany(50, {}, clientFrame(1, 'x'))
          for (const [at, client] of clients.entries()) ways[at % ways.length](client)
          await Promise.all(clients.map(({ ended }) => ended))
          for (const client of clients) client.destroy()
        }
        return app.empty()
      }
      let before = await churn(100)
      const grown: number[] = []
      while (grown.length < 4 && !(Math.min(...grown) < MIB / 4)) {
        const after = await churn(100)
        t.equal(after.timers, before.timers)
        grown.push(after.held - before.held)
        before = after
      }
      // What is compiled meanwhile is taken once; what is left of connections, each time.
      t.ok(Math.min(...grown) < MIB / 4, `${grown.map((bytes) => bytes / KIB).join(', ')} KiB more held`)
      t.equal(app.errors, '', 'no warning')
    },
  ],
  [
    'R04 connections that are idle have one timer among them',
    async (t, app) => {
      await app.openMany(10)
      const few = await app.measure()
      await app.openMany(150)
      const many = await app.measure()
      t.equal(many.timers, few.timers)
      const each = (many.held - few.held) / many.connections
      t.ok(each < 10 * KIB, `${each} bytes each`)
    },
  ],
]

for (const { name } of HOSTS) {
  await t.test(name, async (t) => {
    const app = await Elsewhere.begin(name)
    t.teardown(() => app.stop())
    for (const [what, test] of cases) {
      await t.test(what, (t) => test(t, app))
      await app.empty()
    }
  })
}

const SMALL = ['--max-old-space-size=128']
const FEW = withFiles(160)

for (const { name } of HOSTS) {
  await t.test(`R06 R07 ${name} in a small heap, with few file descriptors`, async (t) => {
    const app = await Elsewhere.begin(name, SMALL, FEW)
    t.teardown(() => app.stop())
    const serves = async (when: string): Promise<void> => {
      const client = await app.open({}, clientFrame(1, 'hello'), BYE)
      t.same(await client.readToEnd(), ['text hello', 'close 1000', 'fin'], when)
    }
    const begun = Buffer.concat([DECLARED, Buffer.alloc(900_000)])
    for (let n = 0; n < 80; n++) (await app.open()).write(begun)
    const full = await app.until((now) => now.limitsHit.maxTotalBytes > 5)
    t.ok(full.held < 96 * MIB, `${full.held / MIB} MiB held`)
    await serves('with unfinished messages all around')
    await app.empty()
    const clients: RawClient[] = []
    for (let n = 0; n < 250; n++) clients.push(await app.connect())
    for (const client of clients) client.write(handshake())
    const { connections } = await app.until((now) => now.connections > 80)
    t.ok(connections < 160, `${connections} connections`)
    await app.empty()
    await serves('when there are file descriptors again')
  })
}
