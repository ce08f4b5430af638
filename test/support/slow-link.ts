/** A slow or long way to a server on this machine: a TCP proxy that hands on bytes at a rate, or late. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'

export interface LinkOptions {
  /** Bits a second, to the server. */
  readonly up?: number
  /** Bits a second, from the server. */
  readonly down?: number
  /** How much later everything arrives, in each direction. */
  readonly latencyMs?: number
}

/** So many parts a second. */
const PARTS = 20

/** The port at which the server is reached by that way, until the test ends. */
export async function slowLink(t: Test, port: number, options: LinkOptions): Promise<number> {
  const { up = Infinity, down = Infinity, latencyMs = 0 } = options
  const sockets: Socket[] = []
  const link = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    sockets.push(near, far)
    void carry(near, far, up / 8, latencyMs)
    void carry(far, near, down / 8, latencyMs)
  })
  link.listen(0, '127.0.0.1')
  await once(link, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    link.close()
  })
  return (link.address() as AddressInfo).port
}

/** One direction. What cannot be handed on yet is not read either, so that its sender feels the link. */
async function carry(from: Socket, to: Socket, bytesPerS: number, latencyMs: number): Promise<void> {
  from.on('error', () => to.destroy())
  let freeAt = performance.now()
  try {
    for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const size = bytesPerS === Infinity ? chunk.length : Math.ceil(bytesPerS / PARTS)
      for (let at = 0; at < chunk.length; at += size) {
        const part = chunk.subarray(at, at + size)
        freeAt = Math.max(freeAt, performance.now()) + (part.length / bytesPerS) * 1_000
        if (freeAt > performance.now()) await delay(freeAt - performance.now())
        if (latencyMs > 0) setTimeout(() => to.write(part), latencyMs)
        else if (!to.write(part)) await once(to, 'drain')
      }
    }
  } catch {
    to.destroy()
  }
  setTimeout(() => to.end(), latencyMs)
}
