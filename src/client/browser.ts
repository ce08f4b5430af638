/** `sockroute/client` in browsers: connections that come back, over the browser's own WebSocket. Nothing of Node's is imported. */
import { Reconnecting } from './reconnecting.ts'
import type { Fresh, ReconnectingOptions } from './reconnecting-options.ts'
import type { SocketClass } from './reconnecting-types.ts'

export { CloseCode } from '../protocol/close-code.ts'
export { Reconnecting } from './reconnecting.ts'

/** The browser's own. */
export const WebSocket: SocketClass = (globalThis as unknown as { WebSocket: SocketClass }).WebSocket // Node 20's types lack it

/** As in Node, over the browser's WebSocket. */
export function reconnecting(url: Fresh<string | URL>, options: ReconnectingOptions = {}): Reconnecting {
  return new Reconnecting(url, options.webSocket ?? WebSocket, options)
}
