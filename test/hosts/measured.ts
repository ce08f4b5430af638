/** One host in a process of its own, which says what it holds when it is asked. Run by catalogue-memory.test.ts. */

import { closeSync, openSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { echo } from './host.ts'
import { HOSTS } from './hosts.ts'

/** What a process says of itself. Sizes are bytes. */
export interface Measured {
  readonly rss: number
  /** What JavaScript holds after a collection: objects, and the memory of buffers. */
  readonly held: number
  readonly connections: number
  readonly timers: number
  readonly limitsHit: Readonly<Record<string, number>>
}

const MIB = 1_048_576
const name = process.argv.at(-1)
const host = HOSTS.find((one) => one.name === name)
if (host === undefined) throw new Error(`there is no host ${name}`)
const app = await host.start({
  options: { logger: { warn: () => undefined, error: () => undefined } },
  routes: {
    '/ws': echo,
    '/brief': { options: { messageTimeoutMs: 500 }, handler: echo },
    '/fragments': { options: { maxFragments: 'unlimited', maxMessageBytes: 2 * MIB }, handler: echo },
    '/compressed': { options: { compression: true }, handler: echo },
  },
})

/** Kept back for the measuring, which reads a file, so that it can be done where there are no more descriptors. */
let spare = openSync('/dev/null', 'r')

function memoryUsage(): NodeJS.MemoryUsage {
  closeSync(spare)
  const usage = process.memoryUsage()
  spare = openSync('/dev/null', 'r')
  return usage
}

async function measure(): Promise<Measured> {
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    global.gc?.()
  }
  const { rss, heapUsed, arrayBuffers } = memoryUsage()
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  return {
    rss,
    held: heapUsed + arrayBuffers,
    connections: app.ws.connections.size,
    timers,
    limitsHit: app.ws.limitsHit,
  }
}

process.on('message', () => void measure().then((measured) => process.send?.(measured)))
process.on('disconnect', () => process.exit())
process.send?.((app.server.address() as AddressInfo).port)
