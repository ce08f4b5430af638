import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { checkOptions, type Rule } from '../src/adapter.ts'
import type { HandshakeError } from '../src/client/index.ts'
import type { InjectWSOption } from './fastify-websocket-types.ts'
import { WebSocket } from './ws-socket.ts'

type Headers = Record<string, string | string[]>

const object: Rule = (value) => (typeof value === 'object' && value !== null ? undefined : 'takes an object of headers')

/** A test has its own patience, and takes what comes. */
const PATIENT = { handshakeTimeoutMs: 'unlimited', pingIntervalMs: 'unlimited', maxMessageBytes: 'unlimited' } as const

/** `app.injectWS`. What it needs is loaded when it is called: an app in service has no use for it. */
export function injectInto(server: Server): FastifyInstance['injectWS'] {
  return async (path = '/', context = {}, { onInit, onOpen }: InjectWSOption = {}) => {
    requirePath(path)
    checkOptions(context, { headers: object })
    const { memoryPair } = await import('./testing-transport.ts')
    const pair = memoryPair({ remoteAddress: '127.0.0.1', encrypted: false })
    const { protocols, headers } = split(context.headers ?? {})
    const createConnection = () => pair.client as never // any Duplex will do, but the type says Socket
    const socket = new WebSocket(`ws://localhost${path}`, protocols, { ...PATIENT, headers, createConnection })
    onInit?.(socket)
    server.emit('connection', pair.server)
    await opened(socket, onOpen)
    return socket
  }
}

/** Without the slash it would be a part of the host's name, and '/' would be asked for. */
function requirePath(path: unknown): void {
  if (typeof path === 'string' && path.startsWith('/')) return
  throw new TypeError(`injectWS takes a path such as '/chat', and headers behind it; got ${JSON.stringify(path)}`)
}

function opened(socket: WebSocket, onOpen: InjectWSOption['onOpen']): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      onOpen?.(socket)
      resolve()
    })
    socket.once('error', (error) => {
      const { status } = error as Partial<HandshakeError>
      reject(status === undefined ? error : new Error(`Unexpected server response: ${status}`, { cause: error }))
    })
  })
}

/** The client offers subprotocols by itself. */
function split(given: Headers): { protocols: string[]; headers: Headers } {
  const isOffer = (name: string): boolean => name.toLowerCase() === 'sec-websocket-protocol'
  const entries = Object.entries(given)
  const offers = entries.filter(([name]) => isOffer(name)).flatMap(([, value]) => value)
  const protocols = offers.flatMap((offer) => offer.split(',').map((protocol) => protocol.trim()))
  return { protocols, headers: Object.fromEntries(entries.filter(([name]) => !isOffer(name))) }
}
