import { IncomingMessage, ServerResponse } from 'node:http'

/** What a framework's messages inherit from, before Node's prototypes: an Express app is one. */
interface Prototypes {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * For a framework that calls `Object.setPrototypeOf` on every request and response: makes them with those prototypes, so
 * that its call changes nothing. Where a prototype changes late, V8 lets objects share no hidden class for what is added
 * afterwards: garbage in old space, of 5 KB per handshake at 10,000 connections through Express 5 (11.4 KB; without, 6.3).
 */
export function responder({ request, response }: Prototypes): (original: IncomingMessage) => ServerResponse {
  const Request = withPrototype(IncomingMessage, request)
  const Response = withPrototype(ServerResponse, response)
  return (original) => new Response(hasBody(original) ? original : copy(original, new Request(original.socket)))
}

/** What makes a request a stream, in Node's own fields. */
type Stream = IncomingMessage & Record<'_readableState' | '_events' | '_eventsCount', unknown>

/** Node's parser has made the original. Its fields move over, but a stream's state and its listeners belong to one alone. */
function copy(original: IncomingMessage, request: IncomingMessage): IncomingMessage {
  const { _readableState, _events, _eventsCount } = request as Stream
  Object.assign(request, original, { _readableState, _events, _eventsCount })
  request.push(null)
  return request
}

/** From Node 26 on a request's body is read by Node, in front of an upgrade; what is left of it is in the original. */
function hasBody(original: IncomingMessage): boolean {
  return original.readableLength > 0 || !original.complete
}

/**
 * `Base`, but what it makes has this prototype. A function, for the prototype of a class cannot be chosen; Node's
 * constructors are functions, too, and Fastify's `inject` inherits from them in the same way.
 */
function withPrototype<Base extends typeof IncomingMessage | typeof ServerResponse>(
  Base: Base,
  prototype: InstanceType<Base>,
): Base {
  function Heir(this: object, argument: unknown): void {
    Reflect.apply(Base, this, [argument])
  }
  Heir.prototype = prototype
  return Heir as unknown as Base // `new` makes it one
}
