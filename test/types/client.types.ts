/** The types of `sockroute/client`, as its users meet them. Nothing here is run. */

import { connect, HandshakeError, type ReconnectingEvents, reconnecting, WebSocket } from 'sockroute/client'
import { WebSocket as Undici } from 'undici'
import { WebSocket as Ws } from 'ws'
import { type Equal, expectType } from './expect.ts'

/** What a browser has, as far as its types have been written down here. */
declare class Browsers extends EventTarget {
  constructor(url: string | URL, protocols?: string | string[])
  readonly readyState: number
  readonly protocol: string
  binaryType: 'blob' | 'arraybuffer'
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void
  close(code?: number, reason?: string): void
}

for (const webSocket of [WebSocket, Ws, Undici, Browsers]) reconnecting('ws://host/', { webSocket })

const live = reconnecting(async () => new URL('ws://host/'), { clientOptions: () => ({ headers: {} }) })
live.addEventListener('reconnecting', (event) => {
  expectType<Equal<typeof event, ReconnectingEvents['reconnecting']>>(true)
  return event.delayMs + event.attempt + event.code
})
// @ts-expect-error there is no such event
live.addEventListener('ready', () => undefined)

const socket = new WebSocket<{ user: string }>('ws://host/', ['chat'], { headers: { cookie: ['a=1', 'b=2'] } })
socket.data.user = 'me'
socket.on('open', () => socket.send('hello'))
socket.on('upgrade', (response) => response.headers['set-cookie'])
socket.on('unexpected-response', (request, response) => request.destroy() && response.statusCode)
socket.once('redirect', (url: string) => url)
socket.on('message', (data, isBinary) => (isBinary ? data.length : data.toString()))
// @ts-expect-error there is no such event
socket.on('ready', () => undefined)
// @ts-expect-error an option of another library
new WebSocket('ws://host/', undefined, { maxPayload: 1 })

const opened: Promise<WebSocket> = connect('ws://host/', { compression: { contextTakeover: true }, ca: 'pem' })
void opened.catch((error: unknown) => error instanceof HandshakeError && error.status)
