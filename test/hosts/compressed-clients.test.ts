/** Compressed conversations with clients that others wrote, with context takeover and without. RFC 7692 */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type Browser, chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import { WebSocket as UndiciSocket } from 'undici'
import { WebSocket as WsSocket } from 'ws'
import { CHROMIUM, FLAGS, noBrowser } from '../demo-driver.ts'
import { conversation } from './conversation.ts'
import { HOSTS } from './hosts.ts'
import { start } from './suite.ts'

/** Sends back all that comes from `url`, and fulfils when the connection has ended. */
type Echo = (url: string) => Promise<unknown>

const ws =
  (perMessageDeflate: object): Echo =>
  (url) => {
    const socket = new WsSocket(url, { perMessageDeflate: { threshold: 0, ...perMessageDeflate } })
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    return once(socket, 'close')
  }

const undici: Echo = (url) => {
  const socket = new UndiciSocket(url)
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('message', ({ data }: { data: string | ArrayBuffer }) => socket.send(data))
  return new Promise((resolve) => socket.addEventListener('close', resolve))
}

const PYTHON = process.env.PYTHON ?? '/usr/bin/python3'
const PROGRAM = `
import asyncio, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1], max_size=None, compression="deflate") as socket:
        async for message in socket:
            await socket.send(message)
asyncio.run(main())
`
const python: Echo = (url) =>
  once(spawn(PYTHON, ['-c', PROGRAM, url], { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit')
const hasPython = spawnSync(PYTHON, ['-c', 'import websockets']).status === 0

let running: Browser | undefined
t.teardown(() => running?.close())

const browser: Echo = async (url) => {
  running ??= await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  const page = await running.newPage()
  await page.goto(url.replace('ws:', 'http:').replace('/ws', '/http'))
  await page.evaluate(echoInPage, url)
  await page.close()
}

/** Runs in the page. */
function echoInPage(url: string): Promise<unknown> {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => socket.send(data)
  return new Promise((resolve) => {
    socket.onclose = () => resolve(undefined)
  })
}

const clients: [name: string, echo: Echo, missing: string | false][] = [
  ['ws', ws({}), false],
  ['ws, which wants no context', ws({ serverNoContextTakeover: true, clientNoContextTakeover: true }), false],
  ['ws with small windows', ws({ serverMaxWindowBits: 9, clientMaxWindowBits: 10 }), false],
  ['undici', undici, false],
  ['Chromium', browser, noBrowser],
  ['Python websockets', python, hasPython ? false : `no websockets for ${PYTHON}: apt-get install python3-websockets`],
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
