/** A program that is typed with `@types/ws`, with nothing changed but its imports. Checked by tsc alone; nothing here runs. */

import { createServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type * as theirs from 'ws'
import Default, {
  createWebSocketStream,
  type Data,
  type PerMessageDeflateOptions,
  type RawData,
  Server,
  type ServerOptions,
  type VerifyClientCallbackAsync,
  type VerifyClientCallbackSync,
  WebSocket,
  WebSocketServer,
} from '../../adapters/ws.ts'
import { type Equal, expectType } from './expect.ts'

const verifySync: VerifyClientCallbackSync = ({ origin, secure, req }) => secure && origin === req.headers.host
const verifyAsync: VerifyClientCallbackAsync<IncomingMessage> = (info, callback) =>
  callback(info.secure, 401, 'no', { 'x-why': 'not secure' })
const perMessageDeflate: PerMessageDeflateOptions = { threshold: 1_024, zlibDeflateOptions: { level: 3, memLevel: 7 } }

const options: ServerOptions = {
  port: 8080,
  host: 'localhost',
  perMessageDeflate,
  maxPayload: 1_024,
  clientTracking: true,
  verifyClient: verifyAsync,
  handleProtocols: (protocols, request) => (request.url === '/' && protocols.has('a') ? 'a' : false),
}
const wss: WebSocketServer = new WebSocketServer(options, () => undefined)
new Server({ noServer: true, verifyClient: verifySync })
new Default.Server({ server: createServer(), path: '/ws' })

wss.on('connection', (ws, request) => {
  expectType<Equal<typeof ws, WebSocket>>(true)
  expectType<Equal<typeof request, IncomingMessage>>(true)
  ws.on('message', (data: RawData, isBinary: boolean) => ws.send(data, { binary: isBinary, compress: false }))
  ws.on('close', (code: number, reason: Buffer) => void [code, reason])
  ws.on('error', (error: Error) => void error.message)
  ws.on('pong', (data: Buffer) => void data)
  ws.once('message', (data) => void data.toString())
  ws.addEventListener('message', ({ data }: { data: Data }) => void data)
  ws.onclose = ({ code, reason, wasClean }) => void [code, reason, wasClean]
  ws.send(JSON.stringify({}), (error) => void error?.message)
  ws.send(1)
  ws.ping([Buffer.of(1)])
  ws.ping('data', false, () => undefined)
  ws.close(1000, 'bye')
  if (ws.readyState === WebSocket.OPEN) ws.terminate()
  const duplex: Duplex = createWebSocketStream(ws, { encoding: 'utf8' })
  duplex.pipe(process.stdout)
})
wss.on('headers', (headers, request) => void headers.push(`x-url: ${request.url}`))
wss.on('wsClientError', (error, socket, request) => void [error.message, socket.destroy(), request.url])
wss.once('listening', () => void wss.address())
wss.shouldHandle = (request) => request.url === '/'
wss.handleUpgrade({} as IncomingMessage, {} as Duplex, Buffer.alloc(0), (client, request) => {
  wss.emit('connection', client, request)
})
// As ws's README has it: what a program knows of the client goes along.
wss.on('connection', (ws, request, user: { name: string }) => void [ws.url, request.url, user.name])
wss.emit('connection', {} as WebSocket, {} as IncomingMessage, { name: 'x' })
wss.on('own event', (count: number) => void count)
wss.on('close', function () {
  void this.clients.size
})
for (const client of wss.clients) expectType<Equal<typeof client, WebSocket>>(true)
wss.close((error) => void error?.message)

class Own extends WebSocket {
  user = ''
}
new WebSocketServer({ noServer: true, WebSocket: Own }).on('connection', (socket) => {
  expectType<Equal<typeof socket.user, string>>(true)
})

// By the default import, as a namespace.
const raw = (data: Default.RawData, server: Default.Server, data2: Default.Data): void => void [data, server, data2]
void raw

const client = new WebSocket('ws://localhost', ['a'], { headers: { authorization: 'x' }, handshakeTimeout: 1_000 })
client.on('open', () => void client.url)
client.on('unexpected-response', (_request, response) => void response.statusCode)

// Libraries that are typed with `ws` take ours.
declare function useServer(server: theirs.WebSocketServer): void
declare function useSocket(socket: theirs.WebSocket): void
useServer(wss)
useSocket(client)

// @ts-expect-error: a port is a number
new WebSocketServer({ port: '8080' })
