import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'

/** Where a request goes that Fastify has no route for: to the next app on the server. */
const following = new WeakMap<IncomingMessage, () => void>()

/** Fastify's router, which always replies, except where `next` is given and `passOn` is asked. */
export function routeBy(app: FastifyInstance) {
  return (request: IncomingMessage, response: ServerResponse, next?: () => void): void => {
    if (next !== undefined) following.set(request, next)
    app.routing(request, response)
  }
}

/** A hook of the app itself: what no route matches goes through those, and not through the hooks of a plugin. */
export const passOn: onRequestHookHandler = (request, reply, done) => {
  const next = request.is404 ? following.get(request.raw) : undefined
  if (next === undefined) return done()
  following.delete(request.raw)
  reply.hijack()
  next()
}

/** Whether `app` is the app itself, and not what one of its plugins is given. */
export function isRoot(app: FastifyInstance): boolean {
  return /^fastify( -> |$)/.test(app.pluginName)
}
