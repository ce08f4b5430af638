import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import {
  type Connection,
  type ConnectionOpenedEvent,
  type Connections,
  figuresOf,
  observe,
  redactedHeaders,
  redactedUrl,
} from '../src/adapter.ts'
import type { HandshakeHeads } from './inspector-messages.ts'
import type { Numbers } from './inspector-numbers.ts'

/** Of one that has more to say, the rest is not kept. */
const MOST_CHARACTERS = 4_096
const MOST_OF_VALUE = 512

const OF_HTTP1 = ['host', 'upgrade', 'connection']

type Fields = Parameters<typeof redactedHeaders>[0]

interface Kept {
  readonly address: string
  readonly path: string
  /** JSON: one string takes less room than its parts, and few are ever looked at. */
  readonly heads: string
}

/**
 * The handshakes of the open connections, without what may be secret in them: of a request nothing else stays when it has become a
 * WebSocket. They go when their connections do.
 */
export class Handshakes {
  readonly #kept = new WeakMap<Connection<unknown>, Kept>()
  readonly #numbers: Numbers

  constructor(numbers: Numbers) {
    this.#numbers = numbers
  }

  /** From here on those of `connections` are kept, for as long as somebody holds this. */
  keep(connections: Connections): void {
    const [own, ours] = [new WeakRef(this), new WeakRef(connections)]
    const stop = observe('sockroute:connection:opened', (event) => {
      const [handshakes, connections] = [own.deref(), ours.deref()]
      if (handshakes === undefined || connections === undefined)
        stop() // its app is gone
      else if (connections.has(event.connection)) handshakes.#keep(event) // all apps' come here
    })
  }

  /** '' where it is not known. */
  addressOf(connection: Connection<unknown>): string {
    return this.#kept.get(connection)?.address ?? ''
  }

  /** '' where it is not known. */
  pathOf(connection: Connection<unknown>): string {
    return this.#kept.get(connection)?.path ?? ''
  }

  of(connection: Connection<unknown>): HandshakeHeads | null {
    const kept = this.#kept.get(connection)
    return kept === undefined ? null : (JSON.parse(kept.heads) as HandshakeHeads) // as it was written
  }

  #keep(event: ConnectionOpenedEvent): void {
    this.#numbers.of(event.connection)
    this.#kept.set(event.connection, keptOf(event))
  }
}

function keptOf({ connection, request, responseHeaders, handshakeMs }: ConnectionOpenedEvent): Kept {
  const { method, httpVersion, socket } = request
  const isHttp2 = request.httpVersionMajor === 2
  const url = cut(redactedUrl(request.url))
  const spoken = figuresOf(connection)?.protocols
  const [asked, agreed] = isHttp2 ? sentOverHttp2(request, responseHeaders) : [request.headers, responseHeaders]
  const heads: HandshakeHeads = {
    requestLine: isHttp2 ? `CONNECT ${url} HTTP/2` : `${method} ${url} HTTP/${httpVersion}`,
    responseLine: isHttp2 ? 'HTTP/2 200' : `HTTP/${httpVersion} 101 Switching Protocols`,
    requestHeaders: short(redactedHeaders(asked, spoken)),
    responseHeaders: short(redactedHeaders(agreed, spoken)),
    handshakeMs,
  }
  return { address: socket.remoteAddress ?? '', path: url.split('?')[0], heads: JSON.stringify(heads) }
}

/** The app is told of an extended CONNECT as of a request over HTTP/1.1, with fields that were on no wire. RFC 8441 §4, §5 */
function sentOverHttp2({ headers }: IncomingMessage, agreed: OutgoingHttpHeaders): [asked: Fields, agreed: Fields] {
  const asked = { ':protocol': 'websocket', ':authority': headers.host, ...without(OF_HTTP1, headers) }
  const untold = 'sec-websocket-key' in headers ? OF_HTTP1 : [...OF_HTTP1, 'sec-websocket-accept']
  return [asked, without(untold, agreed)]
}

function without(names: readonly string[], fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}

/** The fields that fit, of which long ones are cut. */
function short(fields: Readonly<Record<string, string>>): Record<string, string> {
  let left = MOST_CHARACTERS
  const kept: [name: string, value: string][] = []
  for (const [name, value] of Object.entries(fields)) {
    left -= name.length + Math.min(value.length, MOST_OF_VALUE)
    if (left < 0) return Object.fromEntries([...kept, ['...', 'and more']])
    kept.push([name, cut(value)])
  }
  return Object.fromEntries(kept)
}

function cut(value: string): string {
  return value.length > MOST_OF_VALUE ? `${value.slice(0, MOST_OF_VALUE)}...` : value
}
