import { acceptHttp2, isHttp2Server } from '../src/adapter.ts'
import type { Instance } from './fastify-route.ts'

/** The servers of an app beside `app.server`. Fastify itself keeps them here, and gives them to nobody. */
const BINDINGS = 'fastify.serverBindings'

/**
 * Where `app.listen()` means two addresses, as localhost does, Fastify makes a server for each, with the first one's 'upgrade'
 * listeners: over HTTP/2 each has to say for itself that it takes WebSockets.
 */
export function acceptOnFurtherServers(app: Instance): void {
  app.addHook('onListen', (done) => {
    for (const server of furtherServers(app)) if (isHttp2Server(server)) acceptHttp2(server)
    done()
  })
}

function furtherServers(app: object): readonly unknown[] {
  for (let one: object | null = app; one !== null; one = Object.getPrototypeOf(one) as object | null) {
    const key = Object.getOwnPropertySymbols(one).find(({ description }) => description === BINDINGS)
    if (key !== undefined) return (one as Record<symbol, unknown[]>)[key]
  }
  return []
}
