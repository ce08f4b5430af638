import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Where Node tells of each socket that is made for an outgoing connection. */
const MADE = 'net.client.socket'

/**
 * Does `connect`, and resets the sockets that it made when `signal` is aborted. What they have not sent yet has been rejected by then:
 * of a socket that is merely destroyed the system goes on sending it, until it arrives, however late. A client itself may leave a socket
 * open, for good, on which the server has not said anything in time. Node resets none of TLS: such a one is destroyed. (Of those that TLS
 * makes by itself, as for Redis, Node 20 tells nothing: the client destroys them.)
 */
export async function withSockets<T>(signal: AbortSignal, connect: () => Promise<T>): Promise<T> {
  const sockets: Socket[] = []
  const storage = new AsyncLocalStorage<true>()
  const onMade = (message: unknown): void => {
    if (storage.getStore()) sockets.push((message as { socket: Socket }).socket)
  }
  const end = (): void => {
    for (const socket of sockets) reset(socket)
  }
  signal.addEventListener('abort', end, { once: true })
  subscribe(MADE, onMade)
  try {
    return await storage.run(true, connect)
  } finally {
    unsubscribe(MADE, onMade)
    storage.disable() // it would cost each promise of the process
    if (signal.aborted) end()
  }
}

/** One that is not connected has nothing to send. */
function reset(socket: Socket): void {
  if (socket.readyState === 'open' && !(socket instanceof TLSSocket)) socket.resetAndDestroy()
  socket.destroy()
}
