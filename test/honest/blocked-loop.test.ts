/** A handler that blocks the loop, in real time; in everyday's tests a clock is moved by hand: patience.test.ts. */

import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Handler } from '../hosts/host.ts'
import { onEachHost } from '../hosts/suite.ts'
import { Program } from '../support/program.ts'
import { IS_FULL } from './full.ts'
import { harmNone } from './harm.ts'

const BLOCK_MS = IS_FULL ? 5_000 : 250
const WORDS = 100

/** Echoes, and blocks the event loop once in the middle of it. */
function blocking(): Handler {
  let seen = 0
  return (socket) => {
    socket.on('message', (data) => {
      if (++seen === WORDS / 4) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS)
      socket.send(data.toString())
    })
  }
}

const CLIENT = fileURLToPath(new URL(`steady-client${extname(import.meta.url)}`, import.meta.url)) // .js where compiled

/** Speaks before, while and after the loop is blocked. */
async function speakOn(port: number): Promise<void> {
  const pauseMs = String((2 * BLOCK_MS) / WORDS)
  const client = new Program([...process.execArgv, CLIENT, `ws://127.0.0.1:${port}/ws`, String(WORDS), pauseMs], {})
  await client.ended()
  if (client.output !== 'closed with 1000, and all came back\n') throw new Error(client.output + client.errors)
}

await onEachHost(`a handler blocks the loop for ${BLOCK_MS / 1_000} s`, async (t, begin) => {
  const app = await begin({ routes: { '/ws': blocking() } })
  await harmNone(t, [
    ['one who speaks to it', speakOn(app.port)],
    ['another one', speakOn(app.port)],
  ])
})
