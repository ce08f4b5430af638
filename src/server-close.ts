import type { Server } from 'node:net'
import type { Hub } from './hub.ts'

const carried = new WeakMap<Server, Set<Hub>>()

/**
 * From now on `server.close()` ends the connections of `hub` that came through this server, too: Node does not count
 * an upgraded socket as a request, and would wait for it forever.
 */
export function carry(server: Server, hub: Hub): void {
  const hubs = carried.get(server)
  if (hubs?.has(hub)) return
  hub.openThrough(server)
  if (hubs !== undefined) {
    hubs.add(hub)
    return
  }
  const all = new Set([hub])
  carried.set(server, all)
  server.on('listening', () => {
    for (const one of all) one.openThrough(server)
  })
  const { close } = server
  server.close = (callback) => {
    for (const one of all) void one.closeThrough(server)
    return Reflect.apply(close, server, [callback])
  }
}
