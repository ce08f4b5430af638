/** Compressed conversations with clients that others wrote, with context takeover and without. RFC 7692 */

import t, { type Test } from 'tap'
import { noBrowser } from '../demo-driver.ts'
import { conversation } from './conversation.ts'
import { browser, type Echo, noPython, python, undici, ws } from './echo-clients.ts'
import { HOSTS } from './hosts.ts'
import { start } from './suite.ts'

const clients: [name: string, echo: Echo, missing: string | false][] = [
  ['ws', ws({}), false],
  ['ws, which wants no context', ws({ serverNoContextTakeover: true, clientNoContextTakeover: true }), false],
  ['ws with small windows', ws({ serverMaxWindowBits: 9, clientMaxWindowBits: 10 }), false],
  ['undici', undici, false],
  ['Chromium', browser, noBrowser],
  ['Python websockets', python, noPython],
]

async function converse(t: Test, echo: Echo, contextTakeover: boolean): Promise<void> {
  for (const host of HOSTS) {
    const { handler, outcome } = conversation()
    const routes = { '/ws': { options: { compression: { contextTakeover, thresholdBytes: 0 } }, handler } }
    const app = await start(t, host, { routes })
    await echo(`ws://127.0.0.1:${app.port}/ws`)
    const { messages, faults } = await outcome
    t.same(faults, [], `${host.name}: ${messages} messages`)
  }
}

for (const [name, echo, missing] of clients) {
  for (const contextTakeover of [false, true]) {
    const skip = process.env.CI ? false : missing
    await t.test(`${name}, contextTakeover: ${contextTakeover}`, { skip }, (t) => converse(t, echo, contextTakeover))
  }
}
