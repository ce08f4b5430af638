import type { IncomingMessage } from 'node:http'
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Connection, ConnectionClosedEvent, ConnectionOpenedEvent, UpgradeRefusedEvent } from '../src/adapter.ts'

/** Spans of handshakes and of connections. Names are those of the semantic conventions for HTTP; ours begin with `sockroute.`. */
export class Tracing {
  readonly #tracer: Tracer
  // What is under way, or open, is ended with the tracing.
  readonly #handshakes = new Map<IncomingMessage, Span>()
  readonly #connections = new Map<Connection, Span>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  begun(request: IncomingMessage): void {
    const parent = trace.getActiveSpan() === undefined ? remote(request) : context.active()
    const span = this.#tracer.startSpan('GET', { kind: SpanKind.SERVER, attributes: attributesOf(request) }, parent)
    this.#handshakes.set(request, span)
  }

  refused({ request, route, status, reason }: UpgradeRefusedEvent): void {
    const span = this.#handshakes.get(request)
    if (span === undefined) return
    this.#handshakes.delete(request)
    if (status !== undefined) span.setAttribute('http.response.status_code', status)
    span.setAttribute('sockroute.refusal', reason)
    // A status of 4xx is the client's affair, and no error of a server's span.
    if (status === undefined || status >= 500) {
      span.setAttribute('error.type', status === undefined ? reason : String(status))
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
    endHandshake(span, route)
  }

  opened({ connection, request, route }: ConnectionOpenedEvent): void {
    const handshake = this.#handshakes.get(request)
    this.#handshakes.delete(request)
    const attributes = { 'http.route': route, 'network.protocol.name': 'websocket' }
    const links = handshake === undefined ? [] : [{ context: handshake.spanContext() }]
    const options = { kind: SpanKind.SERVER, root: true, attributes, links }
    this.#connections.set(connection, this.#tracer.startSpan(nameOf('WebSocket', route), options, ROOT_CONTEXT))
    handshake?.setAttribute('http.response.status_code', 101)
    if (handshake !== undefined) endHandshake(handshake, route)
  }

  failed(connection: Connection, error: unknown): void {
    const span = this.#connections.get(connection)
    if (span === undefined) return
    span.recordException(error instanceof Error ? error : String(error))
    span.setAttribute('error.type', error instanceof Error ? error.name : typeof error)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }

  closed(event: ConnectionClosedEvent): void {
    const span = this.#connections.get(event.connection)
    if (span === undefined) return
    this.#connections.delete(event.connection)
    span.setAttributes({
      'sockroute.close.code': event.code,
      'sockroute.closed_by': event.closedBy,
      'sockroute.messages.received': event.messagesReceived,
      'sockroute.messages.sent': event.messagesSent,
      'sockroute.bytes.received': event.bytesReceived,
      'sockroute.bytes.sent': event.bytesSent,
      'sockroute.backlog.highest': event.highestBacklogBytes,
    })
    if (event.cause !== undefined) span.setAttribute('sockroute.close.cause', event.cause)
    span.end()
  }

  /** Nobody would end them later. */
  stop(): void {
    for (const open of [this.#handshakes, this.#connections]) {
      for (const span of open.values()) span.end()
      open.clear()
    }
  }
}

function endHandshake(span: Span, route: string): void {
  if (route !== '') span.setAttribute('http.route', route)
  span.updateName(nameOf('GET', route))
  span.end()
}

const nameOf = (what: string, route: string): string => (route === '' ? what : `${what} ${route}`)

/** What the client's header says. https://www.w3.org/TR/trace-context/ */
function remote({ headers }: IncomingMessage): ReturnType<typeof propagation.extract> {
  return propagation.extract(ROOT_CONTEXT, headers)
}

/** The query is left out: tokens are in it. */
function attributesOf({ method, url = '', headers, socket, httpVersion }: IncomingMessage): Attributes {
  return {
    'http.request.method': method,
    'url.path': url.split('?', 1)[0],
    'url.scheme': 'encrypted' in socket ? 'https' : 'http',
    'network.protocol.version': httpVersion,
    'network.peer.address': socket.remoteAddress,
    'network.peer.port': socket.remotePort,
    'user_agent.original': headers['user-agent'],
    'server.address': headers.host?.replace(/:\d+$/, ''),
  }
}
