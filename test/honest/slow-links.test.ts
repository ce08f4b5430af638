/** Slow links and long ways over TCP, straight and behind proxies. At full size: SOCKROUTE_FULL=1. */

import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { WebSocket } from 'ws'
import type { Handler } from '../hosts/host.ts'
import { HOSTS } from '../hosts/hosts.ts'
import { type Running, start } from '../hosts/suite.ts'
import { freePort } from '../support/free-port.ts'
import { PROXIES, type Site } from '../support/reverse-proxy.ts'
import { type LinkOptions, slowLink } from '../support/slow-link.ts'
import { IS_FULL } from './full.ts'
import { harmNone } from './harm.ts'
import { ask, dial, leave, next } from './visit.ts'

/** The rates are real, so everyday's tests carry less. */
const PART = IS_FULL ? 1 : 1 / 40
const UPLOAD_BYTES = Math.round(1_048_576 * PART)
const DOWNLOAD_BYTES = 10_000_000 * PART
const LATENCY_MS = IS_FULL ? 2_000 : 100

/** Sends so many messages of that size, as fast as they are taken, and leaves if it is told to: `100000 100 leave`. */
const supply: Handler = async (socket) => {
  for await (const order of socket) {
    const [bytes, count, then] = String(order).split(' ')
    for (let at = 0; at < Number(count); at++) {
      socket.send(Buffer.alloc(Number(bytes), 'sockroute'))
      await socket.drained()
    }
    if (then === 'leave') return
  }
}

/** Tells the length of what came. */
const measure: Handler = (socket) => {
  socket.on('message', (data) => socket.send(String(data.length)))
}

async function upload(url: string): Promise<void> {
  const client = await dial(`${url}/measure`)
  const told = next(client)
  client.send(Buffer.alloc(UPLOAD_BYTES))
  if ((await told).toString() !== String(UPLOAD_BYTES)) throw new Error('not all of it arrived')
  await leave(client)
}

/** A client that gets what it has ordered. */
async function order(
  url: string,
  count: number,
  then: 'stay' | 'leave',
): Promise<[client: WebSocket, all: Promise<void>]> {
  const client = await dial(`${url}/supply`)
  let missing = DOWNLOAD_BYTES
  const all = new Promise<void>((resolve, reject) => {
    client.on('close', (code) => reject(new Error(`closed with ${code}, ${missing} bytes before the end`)))
    client.on('message', (data: Buffer) => {
      missing -= data.length
      if (missing === 0) resolve()
    })
  })
  client.send(`${DOWNLOAD_BYTES / count} ${count} ${then}`)
  return [client, all]
}

const download =
  (count: number) =>
  async (url: string): Promise<void> => {
    const [client, all] = await order(url, count, 'stay')
    await all
    await leave(client)
  }

/** The server has long closed, as it sees it, and the client speaks on until it hears of that. */
async function lastDownload(url: string): Promise<void> {
  const [client, all] = await order(url, 100, 'leave')
  const speaking = setInterval(() => client.send('still here'), 500)
  const closed = once(client, 'close').finally(() => clearInterval(speaking))
  await all
  const [code] = (await closed) as [number]
  if (code !== 1000) throw new Error(`closed with ${code} in place of 1000`)
}

async function talk(url: string): Promise<void> {
  const client = await dial(`${url}/measure`)
  for (const message of ['a', 'list', 'of words']) await ask(client, message, String(message.length))
  await leave(client)
}

type Journey = [name: string, link: LinkOptions, go: (url: string) => Promise<void>]

const journeys: Journey[] = [
  ['1 MiB up at 200 kbit/s', { up: 200_000 }, upload],
  ['10 MB down at 1 Mbit/s, in one message', { down: 1_000_000 }, download(1)],
  ['10 MB down at 1 Mbit/s, in 100 messages', { down: 1_000_000 }, download(100)],
  ['10 MB down at 1 Mbit/s, behind which the server closes', { down: 1_000_000 }, lastDownload],
  ['2 s away', { latencyMs: LATENCY_MS }, talk],
]

/** Every journey to a server that listens on this port. */
async function travel(t: Test, name: string, port: number): Promise<[string, Promise<void>][]> {
  const links = await Promise.all(journeys.map(([, link]) => slowLink(t, port, link)))
  return journeys.map(([what, , go], at) => [`${name}: ${what}`, go(`ws://127.0.0.1:${links[at]}`)])
}

const apps = (t: Test): Promise<Running[]> =>
  Promise.all(HOSTS.map((host) => start(t, host, { routes: { '/supply': supply, '/measure': measure } })))

const scale = IS_FULL ? 'at full size' : `at ${PART} of the size`

t.jobs = 1 + PROXIES.length // they wait most of the time

t.test(`over slow links and long ways, ${scale}`, { buffered: true }, async (t) => {
  const ports = (await apps(t)).map(({ port }) => port)
  const visits = await Promise.all(ports.map((port, at) => travel(t, HOSTS[at].name, port)))
  await harmNone(t, visits.flat())
})

for (const proxy of PROXIES) {
  const skip = process.env.CI ? false : proxy.missing
  t.test(`over slow links and long ways to ${proxy.name}, ${scale}`, { skip, buffered: true }, async (t) => {
    const sites: Site[] = []
    for (const { port } of await apps(t)) {
      sites.push({ port: await freePort(), appPort: port, isTls: false, isHostKept: true })
    }
    await proxy.start(t, sites)
    const visits = await Promise.all(sites.map(({ port }, at) => travel(t, HOSTS[at].name, port)))
    await harmNone(t, visits.flat())
  })
}
