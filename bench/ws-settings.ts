// The settings of the servers that stand on `ws`, and the heartbeat that its README has its users write.
import type { AppOptions, Limit } from 'sockroute'
import type { ServerOptions, WebSocket, WebSocketServer } from 'ws'

/** With our own default for a message's size, as its own is a hundred times that. */
export function wsOptions({ compression }: AppOptions): ServerOptions {
  return { maxPayload: 1_048_576, perMessageDeflate: compression ? { threshold: 0 } : false }
}

export function keepAlive(wss: WebSocketServer, intervalMs: Limit): void {
  const alive = new WeakSet<WebSocket>()
  wss.on('connection', (socket) => {
    alive.add(socket)
    socket.on('pong', () => alive.add(socket))
  })
  const timer = setInterval(() => {
    for (const socket of wss.clients) {
      if (!alive.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }, Number(intervalMs))
  wss.on('close', () => clearInterval(timer))
}
