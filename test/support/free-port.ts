import { createServer } from 'node:net'

/** Below what systems give to outgoing connections, so that none of those takes it meanwhile. */
const [FROM, TO] = [10_000, 32_000]

/** A port of 127.0.0.1 on which nobody listens, for a program that cannot pick one by itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM))
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}
