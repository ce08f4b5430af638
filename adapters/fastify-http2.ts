import { acceptHttp2, isHttp2Server } from '../src/adapter.ts'
import { internal } from './fastify-internal.ts'
import type { Instance } from './fastify-route.ts'

/**
 * Where `app.listen()` means two addresses, as localhost does, Fastify makes a server for each, with the first one's 'upgrade'
 * listeners: over HTTP/2 each has to say for itself that it takes WebSockets.
 */
export function acceptOnFurtherServers(app: Instance): void {
  app.addHook('onListen', (done) => {
    const servers = internal<unknown[]>(app, 'fastify.serverBindings') ?? []
    for (const server of servers) if (isHttp2Server(server)) acceptHttp2(server)
    done()
  })
}
