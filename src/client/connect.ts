import type { ClientOptions } from './client-options.ts'
import { WebSocket } from './web-socket.ts'

/**
 * Connects, and fulfils when the connection is open. Messages that come before anybody listens wait, even if the server
 * closes meanwhile.
 *
 *     const socket = await connect('wss://example.com/chat', { headers: { authorization: `Bearer ${token}` } })
 *     socket.send('hello')
 *     for await (const message of socket) console.log(message)
 *
 * Rejects with a `HandshakeError` for an answer that is no WebSocket, with Node's own error where the network fails, with the signal's
 * reason, and with what the constructor of `WebSocket` throws.
 */
export function connect<Data = Record<string, unknown>>(
  url: string | URL,
  protocols?: string | readonly string[] | ClientOptions,
  options?: ClientOptions,
): Promise<WebSocket<Data>> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket<Data>(url, protocols, options)
    socket.once('error', reject)
    socket.once('open', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
