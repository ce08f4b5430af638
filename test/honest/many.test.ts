/** Many at once: handshakes that all wait for an auth, and the header fields that a corporate proxy adds. */

import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { echo, type Hook } from '../hosts/host.ts'
import { handshake, type RawClient } from '../hosts/raw-client.ts'
import { onEachHost, type Running } from '../hosts/suite.ts'
import { clientFrame } from '../protocol/wire.ts'
import { harmNone } from './harm.ts'
import { visit } from './visit.ts'

const CLIENTS = 2_000
const AUTH_MS = 200
const BYE = clientFrame(8, Buffer.of(3, 232))

/** As many as a server's backlog holds until it accepts them: Node's is 511, and who finds it full tries again a second later. */
const IN_BACKLOG = 400

async function connectAll(app: Running): Promise<RawClient[]> {
  const clients: RawClient[] = []
  while (clients.length < CLIENTS) {
    const few = Array.from({ length: Math.min(IN_BACKLOG, CLIENTS - clients.length) }, () => app.connect())
    clients.push(...(await Promise.all(few)))
    while ((await app.sockets()) < clients.length) await turn()
  }
  return clients
}

/** Its message lies behind the handshake, as of a client that does not wait. */
async function hurry(client: RawClient): Promise<void> {
  try {
    client.write(Buffer.concat([handshake(), clientFrame(1, 'hi')]))
    const { status, body } = await client.readHead()
    if (status !== 101) throw new Error(`${status} ${body}`)
    client.write(BYE)
    const seen = (await client.readToEnd()).join(', ')
    if (seen !== 'text hi, close 1000, fin') throw new Error(seen)
  } finally {
    client.destroy()
  }
}

await onEachHost(`${CLIENTS} handshakes at once, each with ${AUTH_MS} ms of auth`, async (t, begin) => {
  let waiting = 0
  let mostWaiting = 0
  const auth: Hook = async () => {
    mostWaiting = Math.max(mostWaiting, ++waiting)
    await delay(AUTH_MS)
    waiting--
  }
  const app = await begin({ routes: { '/ws': { hooks: [auth], handler: echo } } })
  const clients = await connectAll(app)
  await harmNone(
    t,
    clients.map((client, at) => [`client ${at}`, hurry(client)]),
  )
  t.comment(`at most ${mostWaiting} at the same time`)
  t.equal(waiting, 0)
})

/** What lies on the way through a company: some of it for the operator, most of it for nobody. */
const CORPORATE: Record<string, string> = {
  via: '1.1 proxy1.corp.example (squid/5.7), 1.1 proxy2.corp.example (Zscaler)',
  forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43;host=app.example',
  'x-forwarded-for': '10.20.30.40, 192.0.2.60, 203.0.113.43',
  'x-bluecoat-via': '5A1D6E8B3C2F9D70',
  'x-authenticated-user': Buffer.from('CORP\\user').toString('base64'),
  cookie: `session=${'x'.repeat(2_000)}; consent=1`,
  'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36',
  'accept-language': 'de-DE,de;q=0.9,en;q=0.8',
  pragma: 'no-cache',
  'cache-control': 'no-cache',
}

/** Five of a handshake, one of them Host, are there already. RFC 6455 §4.1 */
function fields(count: number): Record<string, string> {
  const all = { ...CORPORATE }
  for (let at = Object.keys(all).length; at < count - 5; at++) all[`x-corp-policy-${at}`] = 'x'.repeat(40)
  return all
}

await onEachHost('64 header fields of a corporate proxy', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  await harmNone(t, [['a client in a company', visit(`ws://127.0.0.1:${app.port}/ws`, { headers: fields(64) })]])
})
