/** A slow handler and a sleepy phone in real time; in everyday's tests a clock is moved by hand: patience.test.ts. */

import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { echo, type Handler } from '../hosts/host.ts'
import { HOSTS } from '../hosts/hosts.ts'
import { start } from '../hosts/suite.ts'
import { SKIP_SHORT } from './full.ts'
import { harmNone } from './harm.ts'
import { ask, dial, leave, next } from './visit.ts'

const WORDS = 200

/** It reads after 10 s. */
const late: Handler = async (socket) => {
  await delay(10_000)
  for await (const message of socket) socket.send(message)
}

/** Says much at once, more than waits for a handler. */
async function impatient(port: number): Promise<void> {
  const client = await dial(`ws://127.0.0.1:${port}/late`)
  const said = Array.from({ length: WORDS }, (_, at) => `word ${at}`.padEnd(5_000))
  const echoes: string[] = []
  client.on('message', (data: Buffer) => echoes.push(data.toString()))
  for (const word of said) client.send(word)
  while (echoes.length < WORDS) await next(client)
  if (echoes.join() !== said.join()) throw new Error('the echoes are not what was said')
  await leave(client)
}

/** Sleeps for 40 s between frames; its system answers pings. */
async function sleepy(port: number): Promise<void> {
  const client = await dial(`ws://127.0.0.1:${port}/ws`)
  for (const word of ['evening', 'night', 'morning']) {
    await delay(40_000)
    await ask(client, word, word)
  }
  await leave(client)
}

t.test('a handler that takes 10 s before it reads, and a phone that sleeps', { skip: SKIP_SHORT }, async (t) => {
  const apps = await Promise.all(HOSTS.map((host) => start(t, host, { routes: { '/ws': echo, '/late': late } })))
  await harmNone(
    t,
    apps.flatMap(({ port }, at) => [
      [`${HOSTS[at].name}: a client of a late handler`, impatient(port)] as const,
      [`${HOSTS[at].name}: a sleepy phone`, sleepy(port)] as const,
    ]),
  )
})
