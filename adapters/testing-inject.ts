import { Server as HttpsServer } from 'node:https'
import { isIP } from 'node:net'
import { checkOptions, type Rule } from '../src/adapter.ts'
import type { ClientOptions } from '../src/client/index.ts'
import { type Injectable, serverOf } from './testing-server.ts'
import { TestSocket } from './testing-socket.ts'
import { memoryPair } from './testing-transport.ts'

export type { Injectable } from './testing-server.ts'

/** What the client of a test says of itself. */
export interface InjectOptions extends Pick<ClientOptions, 'headers' | 'origin' | 'protocols' | 'compression'> {
  /** Where it is: what `request.ip` is made of. @defaultValue '127.0.0.1' */
  readonly remoteAddress?: string
  /** Whether the request came over TLS: what `request.secure` and `request.protocol` are made of. @defaultValue true for a server with TLS */
  readonly encrypted?: boolean
}

/**
 * Opens a WebSocket to a route, as a client over the network would: through Node's HTTP server, the framework's whole
 * chain and the real handshake, but over memory. Nothing has to listen, and nothing is left that keeps the process alive.
 *
 * @param app an Express app of `websockets(express())`, a Fastify instance, or an `http`, `https` or `http2` server, which is spoken
 *   to over HTTP/1.1
 * @param path with its query
 * @throws HandshakeError where it is refused: with the `status`, the `headers`, and the start of the `body` (4 KiB);
 *   TypeError for an unknown option, a wrong value, or what is none of these apps
 */
export async function inject(app: Injectable, path: string, options: InjectOptions = {}): Promise<TestSocket> {
  check(path, options)
  const { remoteAddress = '127.0.0.1', encrypted, ...client } = options
  const server = await serverOf(app)
  const isHttps = server instanceof HttpsServer
  const pair = memoryPair({ remoteAddress, encrypted: encrypted ?? isHttps })
  const socket = new TestSocket(path, pair, client)
  server.emit(isHttps ? 'secureConnection' : 'connection', pair.server)
  return opened(socket)
}

function opened(socket: TestSocket): Promise<TestSocket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('open', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** The client's own options: it checks their values. */
const anything: Rule = () => undefined

const RULES: Record<string, Rule> = {
  headers: anything,
  origin: anything,
  protocols: anything,
  compression: anything,
  remoteAddress: (value) =>
    typeof value === 'string' && isIP(value) > 0 ? undefined : `takes an IP address such as '203.0.113.7'`,
  encrypted: (value) => (typeof value === 'boolean' ? undefined : 'takes true or false'),
}

function check(path: unknown, options: unknown): void {
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new TypeError(`inject(app, path) takes a path such as '/chat?room=1'; got ${String(path)}`)
  }
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`inject(app, path, options) takes options such as { headers: { cookie: 'sid=1' } }`)
  }
  checkOptions(options, RULES)
}
