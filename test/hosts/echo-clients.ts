/** Clients that others wrote: they send back what they get. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Browser } from 'playwright-core'
import t from 'tap'
import { WebSocket as UndiciSocket } from 'undici'
import { WebSocket as WsSocket } from 'ws'
import { launch } from '../demo-driver.ts'

/** Sends back all that comes from `url`, and fulfils when the connection has ended. */
export type Echo = (url: string) => Promise<unknown>

export const ws =
  (perMessageDeflate: object): Echo =>
  (url) => {
    const socket = new WsSocket(url, { perMessageDeflate: { threshold: 0, ...perMessageDeflate } })
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    return once(socket, 'close')
  }

export const undici: Echo = (url) => {
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
export const python: Echo = (url) =>
  once(spawn(PYTHON, ['-c', PROGRAM, url], { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit')

/** Why it cannot be had; false where it can. */
export const noPython: string | false =
  spawnSync(PYTHON, ['-c', 'import websockets']).status === 0
    ? false
    : `no websockets for ${PYTHON}: apt-get install python3-websockets`

let running: Promise<Browser> | undefined
t.teardown(async () => (await running)?.close())

export const browser: Echo = async (url) => {
  running ??= launch()
  const page = await (await running).newPage()
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
