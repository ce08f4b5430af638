/** Clients that others wrote, in a long conversation with all defaults. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { noBrowser } from '../demo-driver.ts'
import { conversation } from '../hosts/conversation.ts'
import { browser, type Echo, noPython, python, undici, ws } from '../hosts/echo-clients.ts'
import { echo, type Host } from '../hosts/host.ts'
import { HOSTS } from '../hosts/hosts.ts'
import { start } from '../hosts/suite.ts'
import { IS_FULL } from './full.ts'
import { buildGoClient, noGo } from './go-client.ts'
import { harmNone } from './harm.ts'

const clients: [name: string, get: (t: Test) => Echo | Promise<Echo>, missing: string | false][] = [
  ['ws', () => ws({}), false],
  ['undici', () => undici, false],
  ['Chromium', () => browser, noBrowser],
  ['Python websockets', () => python, noPython],
  ['Go coder/websocket', buildGoClient, noGo],
]

async function converse(t: Test, host: Host, client: Echo): Promise<void> {
  const { handler, outcome } = conversation(false)
  const app = await start(t, host, { routes: { '/ws': handler } })
  const [{ faults }] = await Promise.all([outcome, client(`ws://127.0.0.1:${app.port}/ws`)])
  if (faults.length > 0) throw new Error(faults.join(', '))
}

for (const [name, get, missing] of clients) {
  t.test(name, { skip: process.env.CI ? false : missing }, async (t) => {
    const client = await get(t)
    await harmNone(
      t,
      HOSTS.map((host) => [host.name, converse(t, host, client)]),
    )
  })
}

const WSCAT = 'wscat@6.1.0'

/** It is fetched from the registry, and shows what it hears. */
async function wscat(port: number): Promise<void> {
  const args = ['-y', WSCAT, '--no-color', '-c', `ws://127.0.0.1:${port}/ws`, '-x', 'hello', '-x', 'again', '-w', '1']
  const { stdout } = await promisify(execFile)('npx', args)
  if (!/hello\s.*again\s/s.test(stdout)) throw new Error(`it has shown ${JSON.stringify(stdout)}`)
}

const skip = IS_FULL ? false : `fetches ${WSCAT} from npm: SOCKROUTE_FULL=1`

t.test('wscat', { skip }, async (t) => {
  const apps = await Promise.all(HOSTS.map((host) => start(t, host, { routes: { '/ws': echo } })))
  await harmNone(
    t,
    apps.map(({ port }, at) => [HOSTS[at].name, wscat(port)]),
  )
})
