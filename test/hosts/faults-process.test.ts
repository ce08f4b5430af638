/** A server whose process runs out of something refuses what it cannot do, goes on with the rest, and recovers. */

import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { clientFrame } from '../protocol/wire.ts'
import { Program, withFiles } from '../support/program.ts'
import { HOSTS } from './hosts.ts'
import { handshake, RawClient } from './raw-client.ts'

const SERVING = fileURLToPath(new URL(`serving${extname(import.meta.url)}`, import.meta.url)) // .js where compiled
const HI = clientFrame(1, 'hi')
const PING = clientFrame(9, '')
/** All but the end of a message of 960 KiB. */
const PARKED = Buffer.concat(
  [2, ...Array<number>(14).fill(0)].map((opcode) => clientFrame(opcode, Buffer.alloc(65_536), { fin: false })),
)

async function serve(t: Test, host: string, flags: readonly string[], command?: readonly string[]): Promise<number> {
  const program = new Program([...flags, SERVING, host], {}, undefined, command)
  t.teardown(() => program.stop())
  const [, port] = await program.printed(/^listening (\d+)$/m)
  return Number(port)
}

/** Undefined where the server takes nobody. */
async function open(t: Test, port: number): Promise<RawClient | undefined> {
  const client = await RawClient.connect(port).catch(() => undefined)
  if (client === undefined) return undefined
  t.teardown(() => client.destroy())
  client.write(handshake())
  const head = await client.readHead().catch(() => undefined)
  return head?.status === 101 ? client : undefined
}

/** As soon as it takes somebody again. */
async function opened(t: Test, port: number): Promise<RawClient> {
  for (;;) {
    const client = await open(t, port)
    if (client !== undefined) return client
  }
}

async function isServed(t: Test, client: RawClient, message: string): Promise<void> {
  client.write(HI)
  t.equal(await client.readText(), 'hi', message)
}

for (const { name } of HOSTS) {
  t.test(`${name}: R07 1,000 connections where there are 256 descriptors`, async (t) => {
    const port = await serve(t, name, [], withFiles(256))
    const witness = await opened(t, port)
    const clients = await Promise.all(Array.from({ length: 1_000 }, () => open(t, port)))
    const taken = clients.filter((client) => client !== undefined)
    t.ok(taken.length > 100 && taken.length < 256, `${taken.length} are taken`)
    await isServed(t, witness, 'who is there is served')
    for (const client of taken) client.reset()
    await isServed(t, await opened(t, port), 'it accepts again')
    await isServed(t, witness, 'and nobody was dropped')
  })

  t.test(`${name}: R07 R06 messages parked in a heap of 128 MB`, async (t) => {
    const port = await serve(t, name, ['--max-old-space-size=128'])
    const witness = await opened(t, port)
    const clients: RawClient[] = []
    for (let count = 0; count < 80; count++) {
      const client = await opened(t, port)
      client.write(Buffer.concat([PARKED, PING]))
      clients.push(client)
      await client.readFrame()
    }
    await isServed(t, witness, 'who parks nothing is served')
    const left = await Promise.all(clients.map(isStillOpen))
    const kept = left.filter((isOpen) => isOpen).length
    t.ok(kept > 10 && kept < 70, `${kept} are kept`)
    for (const client of clients) client.reset()
    await isServed(t, await opened(t, port), 'it takes others')
    await isServed(t, witness, 'and who was there is there')
  })
}

/** Whoever had to go was told 1013. */
async function isStillOpen(client: RawClient): Promise<boolean> {
  client.write(PING)
  const { opcode, payload } = await client.readFrame()
  if (opcode === 8 && payload.readUInt16BE() !== 1013) throw new Error(`closed with ${payload.readUInt16BE()}`)
  return opcode === 10
}
