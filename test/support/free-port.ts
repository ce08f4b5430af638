import { closeSync, openSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Below what systems give to outgoing connections, so that none of those takes it meanwhile. */
const [FROM, TO] = [10_000, 32_000]

const reserved: string[] = []
process.once('exit', () => {
  for (const file of reserved) rmSync(file, { force: true })
})

/** A port of 127.0.0.1 on which nobody listens, for a program that cannot pick one by itself. It is this process's until its end. */
export async function freePort(): Promise<number> {
  return freePorts(1)
}

/** The first of so many ports that are next to one another. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = FROM + Math.floor(Math.random() * (TO - FROM - count))
    const ports = Array.from({ length: count }, (_, at) => first + at)
    if (!ports.every(reserve)) continue
    const areFree = await Promise.all(ports.map(isFree))
    if (areFree.every((isFree) => isFree)) return first
  }
}

/** Other test files look for ports at the same time, also while a program of ours is down that will be begun anew on its port. */
function reserve(port: number): boolean {
  const file = join(tmpdir(), `sockroute-port-${port}`)
  try {
    closeSync(openSync(file, 'wx'))
  } catch {
    return false
  }
  reserved.push(file)
  return true
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
