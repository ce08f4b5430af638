import { Reconnecting } from './reconnecting.ts'
import type { Fresh, ReconnectingOptions } from './reconnecting-options.ts'
import { WebSocket } from './web-socket.ts'

/**
 * A connection that comes back when it is lost, after waits that grow and are all random. In browsers this is a few hundred
 * lines over their own WebSocket; in Node it is over ours.
 *
 *     const live = reconnecting(async () => `wss://example.com/live?token=${await freshToken()}`)
 *     live.addEventListener('open', () => live.send('subscribe'))
 *     live.addEventListener('message', ({ data }) => show(data))
 *
 * @param url a function is asked for each attempt; if it fails, so does the attempt
 * @throws TypeError for a wrong option, and what the class throws for a URL that is wrong
 */
export function reconnecting(url: Fresh<string | URL>, options: ReconnectingOptions = {}): Reconnecting {
  return new Reconnecting(url, options.webSocket ?? WebSocket, options)
}
